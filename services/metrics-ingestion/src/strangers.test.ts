import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SEEDS } from '../test/fuzz/seeds.js';
import { type Answer, Stack, STRANGERS_TOKEN, tokenOf } from '../test/fuzz/stack.js';
import { DOORS } from './app.module.js';
import type { DoorKind } from './door/kind.js';

/** Who is not let in, at every door there is. */

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.open();
});
afterAll(async () => {
  await stack?.close();
});

const CODES = { 401: 'unauthenticated', 403: 'wrong-source', 404: 'unknown-source' } as const;

/** Hands in a good body. */
function knock(door: DoorKind, url: string, authorization: string | null): Promise<Answer> {
  const [good] = SEEDS[door.name];
  return stack.send({
    method: 'POST',
    url,
    body: good?.body ?? Buffer.alloc(0),
    headers: { 'content-type': good?.contentType ?? '', ...(authorization === null ? {} : { authorization }) },
  });
}

describe.each(DOORS.map((door) => [door.name, door] as const))('the door of %s', (name, door) => {
  const other = DOORS.find((one) => one.name !== name) as DoorKind;

  it.each([
    ['nobody', null, undefined, 401],
    ['a wrong token', 'Bearer ppt_wrong', undefined, 401],
    ['another tenant’s token', `Bearer ${STRANGERS_TOKEN}`, undefined, 403],
    ['another source’s token', `Bearer ${tokenOf(other)}`, undefined, 403],
    ['its own token, at an address where nothing is', `Bearer ${tokenOf(door)}`, 'nowhere', 404],
    ['its own token, at another tenant’s source', `Bearer ${tokenOf(door)}`, 'theirs', 403],
  ] as const)('refuses %s, and stores nothing', async (_, authorization, at, status) => {
    const before = stack.stored;
    const told = await knock(door, stack.addressOf(door, at), authorization);
    expect(told.status).toBe(status);
    // A door with words of its own says so in its senders' format; its own tests read that.
    const said = door.wordRefusal === undefined ? (JSON.parse(told.text) as { code: unknown }).code : CODES[status];
    expect(said).toBe(CODES[status]);
    expect(stack.stored).toBe(before);
  });

  it('refuses its own sources at the addresses of other doors', async () => {
    const told = await knock(door, stack.addressOf(other, `fuzz-${name}`), `Bearer ${tokenOf(door)}`);
    expect(told.status).toBe(404);
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'answers %s with nothing but what it takes',
    async (method) => {
      const methods: readonly string[] = door.methods ?? ['POST'];
      const told = await stack.send({ method, url: stack.addressOf(door), headers: {} });
      expect(told.status).toBe(methods.includes(method) ? 401 : 405);
      if (told.status === 405) expect(told.headers['allow']).toBe(methods.join(', '));
    },
  );
});
