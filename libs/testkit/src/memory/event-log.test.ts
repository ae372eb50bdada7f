import type { PublicEvent } from '@parapet/contracts';
import { eventLogContract } from '../contracts/event-log.js';
import { InMemoryStream } from './event-log.js';

eventLogContract('the stream in memory', async () => {
  const stream = new InMemoryStream<PublicEvent>();
  return (work) => work(stream.log());
});
