import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Ground, openGround } from './ground.js';
import { DEPLOYMENT_SECRET, type TestShop } from './shop.js';

const SCRIPT = fileURLToPath(new URL('actuator.ts', import.meta.url));
const REGISTER = fileURLToPath(new URL('../../libs/testkit/register-source.mjs', import.meta.url));

let ground: Ground;
let shop: TestShop;
const children: ChildProcess[] = [];

beforeAll(async () => {
  ground = await openGround();
}, 60_000);
afterAll(() => ground?.stop());
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await shop?.stop();
});

/** Starts an actuator in a process of its own; `dieAfter` names the state after whose commit it is killed. */
function actuator(dieAfter = ''): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@parapet/source',
      '--import',
      REGISTER,
      SCRIPT,
      ground.database.url('rollback-actuation'),
      shop.deployments,
      DEPLOYMENT_SECRET,
      dieAfter,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  children.push(child);
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
}

const executions = async () => (await shop.changes()).filter(({ by }) => by === 'actuator').length;

describe('an actuator that is killed with -9', () => {
  it.each([
    ['right after it took the order up', 'ActuationStarted', 1],
    ['right after it wrote `prepared`', 'prepared', 1],
    ['right after it wrote `sent`, before anything left', 'sent', 2],
    ['right after it wrote `confirmed`', 'confirmed', 1],
  ])('%s: a successor ends it, and the target worked once', async (_, dieAfter, attempts) => {
    shop = await ground.shops.open();
    await shop.deploy('2');
    const order = await ground.order();
    await killed(actuator(dieAfter));
    actuator();
    const lines = await ground.until(order, 'finished', 30_000);
    expect(lines.at(-1)).toBe('finished done');
    expect(lines.filter((line) => line.startsWith('started'))).toEqual(['started 1', 'started 2']);
    expect(lines.filter((line) => line.includes('sent'))).toEqual(
      Array.from({ length: attempts }, (_, i) => `1 sent ${i + 1}`),
    );
    expect(await executions()).toBe(1);
  });

  it('while the target had done the work and not answered yet: a successor asks, and sends nothing', async () => {
    shop = await ground.shops.open();
    await shop.deploy('2');
    await shop.trouble(['hang']);
    const order = await ground.order();
    const first = actuator();
    const deadline = Date.now() + 30_000;
    while ((await executions()) === 0) expect(Date.now()).toBeLessThan(deadline);
    expect((await ground.story(order)).at(-1)).toBe('1 sent 1');
    first.kill('SIGKILL');
    await killed(first);
    actuator();
    const lines = await ground.until(order, 'finished', 30_000);
    expect(lines).toEqual([
      'ordered',
      'started 1',
      '1 prepared 1',
      '1 sent 1',
      'started 2',
      '1 confirmed 1',
      '1 applied 1',
      'finished done',
    ]);
    expect(await executions()).toBe(1);
  });

  it('at the end: the end is written once, and verified by a successor', async () => {
    shop = await ground.shops.open();
    await shop.deploy('2');
    const order = await ground.order();
    await killed(actuator('ActuationFinished'));
    await ground.recovery(order, 'recovered');
    actuator();
    const lines = await ground.until(order, 'verified', 30_000);
    expect(lines.filter((line) => line.startsWith('finished'))).toEqual(['finished done']);
    expect(lines.at(-1)).toBe('verified');
    expect(await executions()).toBe(1);
  });
});
