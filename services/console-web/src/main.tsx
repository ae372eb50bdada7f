import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Client } from './api/client.js';
import { App } from './app.js';
import { Boundary } from './parts/boundary.js';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root element');
createRoot(root).render(
  <StrictMode>
    <Boundary>
      <App client={new Client()} />
    </Boundary>
  </StrictMode>,
);
