import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { PublicEvent } from '@parapet/contracts';
import { type Database, Journal } from '@parapet/postgres';
import { startDatabase, testIds, type TestDatabase } from '@parapet/testkit';
import { ENVIRONMENT, journaled, movedTo, PARTITION, registered, TENANT } from '../testing/shop.js';
import { keepFacts } from './keep-facts.js';
import { readFacts } from './memory-store.js';

/** Messages that overtake each other, against a real PostgreSQL with the evaluator's own role. */

let database: TestDatabase;
let evaluator: Database;
let control: Database;
const journal = new Journal(testIds());
const ids = testIds();

beforeAll(async () => {
  database = await startDatabase();
  evaluator = database.connect('guardrail-evaluation');
  control = database.connect('release-control');
}, 60_000);
beforeEach(() => evaluator.transact(TENANT, (tx) => tx.query('DELETE FROM evaluation_fact')));
afterAll(() => database?.stop());

const write = (release: string, event: PublicEvent) => journaled(control, journal, release, event);
const keep = (seq: number, environment = ENVIRONMENT) =>
  evaluator.transact(TENANT, (tx) => keepFacts(tx, { seq, environment, partition: PARTITION, trace: `trace ${seq}` }));
const waiting = async () =>
  (await evaluator.transact(TENANT, (tx) => readFacts(tx, PARTITION, 100))).map(({ seq, trace }) => ({ seq, trace }));

test('what the journal said before it comes with a row, in the order of the journal, once', async () => {
  const [ended, begun] = [ids('rel'), ids('rel')];
  const superseded = await write(ended, movedTo('live', 'superseded', Date.now()));
  const registration = await write(begun, registered('2.5.0'));
  const deploying = await write(begun, movedTo('registered', 'deploying', Date.now()));
  await keep(deploying);
  const all = [{ seq: superseded }, { seq: registration }, { seq: deploying, trace: `trace ${deploying}` }];
  expect(await waiting()).toEqual(all.map((fact) => ({ trace: undefined, ...fact })));
  await Promise.all([keep(superseded), keep(registration), keep(deploying)]);
  expect((await waiting()).map(({ seq }) => seq)).toEqual([superseded, registration, deploying]);
});

test('what was applied is not applied again, and what came later waits for its own message', async () => {
  const release = ids('rel');
  const registration = await write(release, registered('2.5.1'));
  await keep(registration);
  await evaluator.transact(TENANT, (tx) => tx.query('UPDATE evaluation_fact SET applied_at = now()'));
  const deploying = await write(release, movedTo('registered', 'deploying', Date.now()));
  const live = await write(release, movedTo('deploying', 'live', Date.now()));
  await keep(deploying);
  expect((await waiting()).map(({ seq }) => seq)).not.toContain(registration);
  expect((await waiting()).map(({ seq }) => seq)).toContain(deploying);
  expect((await waiting()).map(({ seq }) => seq)).not.toContain(live);
});

test('a row that is not in the journal is a fault of ours, and said to be', async () => {
  await expect(keep(1_000_000)).rejects.toThrow('row 1000000 of acme-retail is not in the journal');
  const release = ids('rel');
  const elsewhere = await write(release, registered('2.5.2'));
  await expect(keep(elsewhere, 'staging')).rejects.toThrow('is not in the journal');
});
