import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import {
  cloudEvent,
  decodeEventBytes,
  encodeEvent,
  EVENT_MESSAGES,
  EVENT_TYPES,
  eventJsonSchema,
  type EventName,
  publicSubject,
  toJournal,
} from '@parapet/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EVERY_EVENT, rowOf } from './every-event.js';

const NAMES = Object.keys(EVENT_TYPES) as EventName[];

function rowFor(name: EventName) {
  const event = EVERY_EVENT[name];
  const { type, data } = toJournal(event);
  return rowOf(event, type, data);
}

/** What a reader of JSON sees: members that are undefined or null are absent. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([key, item]) => [key, withoutNull(item)]),
  );
}

/** An absent list or map is an empty one; the protobuf runtime writes them all. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const isEmpty = (item: unknown) => typeof item === 'object' && item !== null && Object.keys(item).length === 0;
  const members = Object.entries(value).map(([key, item]) => [key, withoutEmpty(item)] as const);
  return Object.fromEntries(members.filter(([, item]) => !isEmpty(item)));
}

describe('every public event', () => {
  it('has an example here', () => {
    expect(Object.keys(EVERY_EVENT).sort()).toEqual([...NAMES].sort());
  });

  it.each(NAMES)(
    '%s is what proto/ says: read strictly and written again, nothing is lost and nothing is unknown',
    (name) => {
      const { data } = cloudEvent(rowFor(name));
      const schema = EVENT_MESSAGES[name];
      const read = fromJson(schema, JSON.parse(JSON.stringify(data)) as JsonValue, { ignoreUnknownFields: false });
      const written = toJson(schema, read, { alwaysEmitImplicit: true });
      expect(withoutEmpty(written)).toEqual(withoutEmpty(withoutNull(data)));
    },
  );

  it.each(NAMES)('%s survives the way through its bytes', (name) => {
    const row = rowFor(name);
    expect(decodeEventBytes(encodeEvent(cloudEvent(row)))).toEqual({
      event: EVERY_EVENT[name],
      id: row.id,
      tenant: row.tenant,
      environment: row.environment,
      release: row.stream.startsWith('rel_') ? row.stream : null,
      stream: row.stream,
      sequence: 7,
      seq: 42,
      hash: row.hash,
      time: row.occurredAt,
      traceparent: row.trace,
      isComplete: true,
    });
  });

  it.each(NAMES)('%s is what the published JSON Schema says, and without its first member is not', (name) => {
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(eventJsonSchema(name));
    const event = JSON.parse(JSON.stringify(cloudEvent(rowFor(name)))) as { data: Record<string, unknown> };
    expect(validate(event) || validate.errors).toBe(true);
    expect(validate({ ...event, sequence: '7' })).toBe(false);
    const { tenant: _tenant, ...rest } = event.data;
    expect(validate({ ...event, data: rest })).toBe(false);
  });

  it.each(NAMES)('%s has a subject of slugs and ids', (name) => {
    expect(publicSubject(rowFor(name))).toMatch(/^parapet\.events\.v1(\.[a-z0-9][a-zA-Z0-9_-]*){4}\.[a-z]+\.[a-z-]+$/);
  });
});
