import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Everything from our own address and nothing inline: the page runs under a strict content security policy. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: ['@parapet/source', 'module', 'browser', 'import', 'default'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: { proxy: { '/v1': process.env.PARAPET_PUBLIC_URL ?? 'http://127.0.0.1:8080' } },
});
