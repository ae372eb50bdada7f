import { describe, expect, it } from '@jest/globals';
import { cloudEvent, decodeEvent, encodeEvent, isPublicType, type PublicRow, publicSubject } from './cloud-event.js';
import { decodeEventBytes } from './cloud-event.js';
import { doorSubject, tenantOfSubject } from './subjects.js';

const RELEASE = 'rel_01JD8Z5WQ00000000000000000';
const ROW: PublicRow = {
  tenant: 'acme',
  seq: 1204,
  id: 'evt_01JD91V0Q8Z3M7T5E2YB6K4R9C',
  stream: RELEASE,
  version: 7,
  environment: 'production',
  workload: 'odoo-retail',
  type: 'decision.made',
  data: { outcome: 'auto', rule: 'high', criticality: 'high', reversibility: 'yes' },
  occurredAt: '2026-11-23T09:18:04.120Z',
  trace: null,
  hash: 'ab'.repeat(32),
};

describe('the event of a journal row', () => {
  it('has the attributes that subscribers are promised', () => {
    expect(cloudEvent(ROW)).toEqual({
      specversion: '1.0',
      id: 'evt_01JD91V0Q8Z3M7T5E2YB6K4R9C',
      source: '/parapet/acme/production',
      type: 'dev.parapet.decision.made.v1',
      subject: RELEASE,
      time: '2026-11-23T09:18:04.120Z',
      datacontenttype: 'application/json',
      dataschema: 'https://parapet.dev/schemas/decision.made.v1.json',
      sequence: '000000000007',
      partitionkey: RELEASE,
      journalseq: '1204',
      journalhash: 'ab'.repeat(32),
      data: {
        tenant: 'acme',
        environment: 'production',
        release: RELEASE,
        sequence: 7,
        outcome: 'auto',
        rule: 'high',
        criticality: 'high',
        reversibility: 'yes',
      },
    });
  });

  it('carries the trace where there is one', () => {
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(cloudEvent({ ...ROW, trace }).traceparent).toBe(trace);
  });

  it('carries the fence of an actuation, which is where its start stands in the journal', () => {
    const data = { actuation: 'act_01JD8Z5WQ00000000000000000', plan: 'pln_01JD8Z5WQ00000000000000000', attempt: 1 };
    const started = cloudEvent({ ...ROW, type: 'actuation.started', data });
    expect(started.data['fence']).toBe(1204);
    expect(decodeEvent(started)?.event).toEqual({ type: 'ActuationStarted', ...data });
    expect(cloudEvent(ROW).data).not.toHaveProperty('fence');
  });

  it('goes to the subject of its release, or of none for a source', () => {
    expect(publicSubject(ROW)).toBe(`parapet.events.v1.acme.production.odoo-retail.${RELEASE}.decision.made`);
    expect(publicSubject({ ...ROW, workload: 'none', stream: 'src_alertmanager', type: 'source.silent' })).toBe(
      'parapet.events.v1.acme.production.none.none.source.silent',
    );
  });

  it('is never made of what must not leave the house', () => {
    expect(isPublicType('configuration.applied')).toBe(false);
    expect(() => cloudEvent({ ...ROW, type: 'configuration.applied' })).toThrow('configuration.applied is not public');
  });

  it('of a source names no release', () => {
    const event = cloudEvent({
      ...ROW,
      stream: 'src_am',
      type: 'source.silent',
      data: { source: 'am', since: ROW.occurredAt, affected: [] },
    });
    expect(event.data).not.toHaveProperty('release');
    expect(decodeEvent(event)).toMatchObject({
      release: null,
      stream: 'src_am',
      event: { type: 'SourceSilent', source: 'am' },
    });
  });
});

describe('an event beyond its size', () => {
  const large = cloudEvent({ ...ROW, data: { ...ROW.data, rule: 'x'.repeat(3000), criticality: 'y'.repeat(2000) } });

  it('leaves out its largest members first, names them, and says where the whole is', () => {
    const bytes = encodeEvent(large, 3200);
    const event = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    expect(bytes.length).toBeLessThanOrEqual(3200);
    expect(event).toMatchObject({
      omitted: 'rule',
      dataref: `/v1/releases/${RELEASE}/events?after=6&limit=1`,
      data: { outcome: 'auto' },
    });
    expect(decodeEventBytes(bytes)?.isComplete).toBe(false);
  });

  it('is whole at exactly the limit', () => {
    const { length } = encodeEvent(large, 1_000_000);
    expect(encodeEvent(large, length)).toHaveLength(length);
    expect(new TextDecoder().decode(encodeEvent(large, length))).not.toContain('omitted');
    expect(new TextDecoder().decode(encodeEvent(large, length - 1))).toContain('omitted');
  });

  it('throws where its envelope alone is too large', () => {
    expect(() => encodeEvent(large, 100)).toThrow(/its envelope alone/);
  });
});

describe('a reader', () => {
  it.each(['dev.parapet.price.changed.v1', 'dev.parapet.decision.made.v2', 'com.example.decision.made'])(
    'treats the unknown type %s as nothing',
    (type) => {
      expect(decodeEvent({ ...cloudEvent(ROW), type })).toBeNull();
    },
  );

  it.each([
    ['specversion', '0.3', 'specversion is 0.3'],
    ['sequence', 'seven', 'sequence is not a count: seven'],
    ['journalseq', '', 'journalseq is missing'],
    ['subject', undefined, 'subject is missing'],
    ['source', '/elsewhere/acme/production', 'source is /elsewhere'],
    ['time', 'yesterday', 'time is not RFC 3339: yesterday'],
    ['data', null, 'data is missing'],
  ])('refuses a known type whose %s is %s', (member, value, message) => {
    expect(() => decodeEvent({ ...cloudEvent(ROW), [member]: value })).toThrow(message);
  });

  it.each([['null'], ['[1'], ['"text"']])('refuses the bytes %s', (text) => {
    expect(() => decodeEventBytes(new TextEncoder().encode(text))).toThrow();
  });
});

describe('the subject a set-aside message had', () => {
  it.each([
    [publicSubject(ROW), 'acme'],
    ['parapet.signals.v1.3.acme.production', 'acme'],
    [doorSubject('acme', 'alertmanager'), 'acme'],
    ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVENTS.x', null],
    ['/v1/ingest/samples/scripts', null],
  ])('%s is of tenant %s', (subject, tenant) => {
    expect(tenantOfSubject(subject)).toBe(tenant);
  });
});
