/** A process that owns one partition and does what it is told on its standard input, for tests that pause it. */
import { createInterface } from 'node:readline';
import { PartitionSession } from '@parapet/postgres';

const [url = '', partition = ''] = process.argv.slice(2);
const session = await PartitionSession.open({ url, applicationName: 'partition-owner' });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
session.onLost(() => say('lost'));
if (!(await session.claim(Number(partition)))) throw new Error('not ours');
say('claimed');

let finish = (): void => {};
const told = new Promise<void>((resolve) => (finish = resolve));
// Awake it keeps its session, as an evaluator's ticks do; paused it cannot.
const ticking = setInterval(() => void session.touch().catch(() => clearInterval(ticking)), 500);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [verb, what = ''] = line.split(' ');
    if (verb === 'finish') finish();
    else {
      session
        .transact('acme', async (tx) => {
          await tx.query('INSERT INTO work VALUES ($1, $2)', [partition, what]);
          if (verb === 'begin') {
            say(`begun ${what}`);
            await told;
          }
        })
        .then(
          () => say(`committed ${what}`),
          (error: Error) => say(`failed: ${error.message}`),
        );
    }
  })
  .on('close', () => process.exit(0));
