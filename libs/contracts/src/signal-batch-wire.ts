import { formatInstant, type InstantMs, parseInstant } from '@parapet/kernel';
import type { AlertStatement, GapReason, Sample, SampleValue, StatementBatch } from '@parapet/signals';
import { answerJson, readAnswer } from './answer-wire.js';
import type { SignalBatch } from './signal-batch.js';

/** Bytes that are no batch of signals; the message names the field. */
export class MalformedBatch extends Error {
  override readonly name = 'MalformedBatch';
  constructor(
    readonly field: string,
    reason: string,
  ) {
    super(`cannot read batch of signals: ${field} ${reason}`);
  }
}

/** The JSON of a batch: times as RFC 3339, numbers that JSON cannot write as texts, absent instead of null. */
export function signalBatchJson(batch: SignalBatch): Record<string, unknown> {
  const { samples, alerts, ...head } = batch;
  return { ...head, samples: samples.map(sampleJson), ...(alerts === null ? {} : { alerts: alertsJson(alerts) }) };
}

/** The bytes of a batch. */
export function encodeSignalBatch(batch: SignalBatch): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(signalBatchJson(batch)));
}

/** Reads the bytes of a batch; throws MalformedBatch. Members it does not know are ignored: a newer door may add some. */
export function decodeSignalBatch(bytes: Uint8Array): SignalBatch {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw Object.assign(new MalformedBatch('', 'is not JSON'), { cause });
  }
  return readSignalBatch(value);
}

/** The same for a value that is parsed already. */
export function readSignalBatch(value: unknown): SignalBatch {
  const batch = map(value, '');
  return {
    receipt: text(batch, 'receipt', ''),
    part: whole(batch, 'part', ''),
    parts: whole(batch, 'parts', ''),
    tenant: text(batch, 'tenant', ''),
    environment: text(batch, 'environment', ''),
    source: text(batch, 'source', ''),
    samples: list(batch, 'samples', '').map((item, i) => readSample(item, `/samples/${i}`)),
    alerts: batch['alerts'] === undefined || batch['alerts'] === null ? null : readAlerts(batch['alerts']),
    ...(batch['isHistory'] === true ? { isHistory: true } : {}),
  };
}

/** The JSON of one sample. */
export function sampleJson(sample: Sample): Record<string, unknown> {
  const { atMs, value, ...rest } = sample;
  return { ...rest, at: formatInstant(atMs), ...valueJson(value) };
}

function valueJson(value: SampleValue): Record<string, unknown> {
  switch (value.kind) {
    case 'gauge':
      return { value: numberJson(value.value) };
    case 'count':
      return { count: numberJson(value.count), of: numberJson(value.of) };
    case 'histogram': {
      const { bounds, counts, sum } = value;
      const always = { bounds: bounds.map(numberJson), counts: counts.map(numberJson) };
      return { histogram: sum === null ? always : { ...always, sum: numberJson(sum) } };
    }
    case 'gap':
      return { gap: value.reason };
  }
}

function alertsJson(batch: StatementBatch): Record<string, unknown> {
  const { answer, ...said } = batch;
  return {
    ...said,
    statements: batch.statements.map(statementJson),
    ...(answer === undefined ? {} : { answer: answerJson(answer) }),
  };
}

/** The JSON of one alert statement. */
export function statementJson(statement: AlertStatement): Record<string, unknown> {
  const { startsAtMs, endsAtMs, generatorUrl, isContradicted, ...rest } = statement;
  return {
    ...rest,
    ...(startsAtMs === null ? {} : { startsAt: formatInstant(startsAtMs) }),
    ...(endsAtMs === null ? {} : { endsAt: formatInstant(endsAtMs) }),
    ...(generatorUrl === null ? {} : { generatorUrl }),
    isContradicted,
  };
}

function numberJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

type Members = Readonly<Record<string, unknown>>;

const GAPS: Readonly<Record<GapReason, true>> = {
  'no-series': true,
  'not-a-number': true,
  'not-finite': true,
  'bad-query': true,
  unreachable: true,
  'sensor-broken': true,
  'too-few-samples': true,
  'counter-reset': true,
  closed: true,
  'circuit-open': true,
};

function readSample(value: unknown, at: string): Sample {
  const sample = map(value, at);
  return {
    signal: text(sample, 'signal', at),
    atMs: instant(sample, 'at', at),
    value: readValue(sample, at),
    dimensions: texts(sample['dimensions'], `${at}/dimensions`),
    key: text(sample, 'key', at),
    ...alteredOf(sample),
    ...(sample['isPartial'] === true ? { isPartial: true } : {}),
  };
}

function readValue(sample: Members, at: string): SampleValue {
  const forms = ['value', 'count', 'histogram', 'gap'].filter((form) => sample[form] !== undefined);
  if (forms.length !== 1) throw new MalformedBatch(at, 'needs exactly one of value, count, histogram and gap');
  switch (forms[0]) {
    case 'value':
      return { kind: 'gauge', value: number(sample['value'], `${at}/value`) };
    case 'count':
      return { kind: 'count', count: number(sample['count'], `${at}/count`), of: number(sample['of'], `${at}/of`) };
    case 'histogram':
      return readHistogram(sample['histogram'], `${at}/histogram`);
    default: {
      const reason = text(sample, 'gap', at);
      if (!Object.hasOwn(GAPS, reason)) throw new MalformedBatch(`${at}/gap`, `is not a known reason: ${reason}`);
      return { kind: 'gap', reason: reason as GapReason };
    }
  }
}

function readHistogram(value: unknown, at: string): SampleValue {
  const histogram = map(value, at);
  const bounds = list(histogram, 'bounds', at).map((bound, i) => number(bound, `${at}/bounds/${i}`));
  const counts = list(histogram, 'counts', at).map((count, i) => number(count, `${at}/counts/${i}`));
  if (counts.length !== bounds.length + 1) throw new MalformedBatch(`${at}/counts`, 'must hold one more than bounds');
  const sum = histogram['sum'];
  return {
    kind: 'histogram',
    bounds,
    counts,
    sum: sum === undefined || sum === null ? null : number(sum, `${at}/sum`),
  };
}

function readAlerts(value: unknown): StatementBatch {
  const at = '/alerts';
  const batch = map(value, at);
  return {
    groupKey: string(batch, 'groupKey', at),
    receiver: string(batch, 'receiver', at),
    externalUrl: string(batch, 'externalUrl', at),
    truncatedAlerts: whole(batch, 'truncatedAlerts', at),
    digest: text(batch, 'digest', at),
    statements: list(batch, 'statements', at).map((item, i) => readStatement(item, `${at}/statements/${i}`)),
    ...(batch['isUngrouped'] === true ? { isUngrouped: true } : {}),
    ...(batch['answer'] === undefined || batch['answer'] === null
      ? {}
      : { answer: readAnswer(batch['answer'], `${at}/answer`, { map, list, text, whole, instant, texts }) }),
  };
}

function readStatement(value: unknown, at: string): AlertStatement {
  const statement = map(value, at);
  const status = text(statement, 'status', at);
  if (status !== 'firing' && status !== 'resolved')
    throw new MalformedBatch(`${at}/status`, `is neither firing nor resolved: ${status}`);
  const optional = (member: string) => statement[member] === undefined || statement[member] === null;
  return {
    status,
    fingerprint: text(statement, 'fingerprint', at),
    labels: texts(statement['labels'], `${at}/labels`),
    annotations: texts(statement['annotations'], `${at}/annotations`),
    startsAtMs: optional('startsAt') ? null : instant(statement, 'startsAt', at),
    endsAtMs: optional('endsAt') ? null : instant(statement, 'endsAt', at),
    generatorUrl: optional('generatorUrl') ? null : string(statement, 'generatorUrl', at),
    isContradicted: statement['isContradicted'] === true,
    ...alteredOf(statement),
    ...(statement['isLease'] === true ? { isLease: true } : {}),
  };
}

function alteredOf(record: Members): { readonly isAltered?: true } {
  return record['isAltered'] === true ? { isAltered: true } : {};
}

function map(value: unknown, at: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedBatch(at, 'is not a map');
  return value as Members;
}

function list(members: Members, member: string, at: string): readonly unknown[] {
  const value = members[member];
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new MalformedBatch(`${at}/${member}`, 'is not a list');
  return value;
}

function string(members: Members, member: string, at: string): string {
  const value = members[member];
  if (typeof value !== 'string') throw new MalformedBatch(`${at}/${member}`, 'is not a text');
  return value;
}

function text(members: Members, member: string, at: string): string {
  const value = string(members, member, at);
  if (value === '') throw new MalformedBatch(`${at}/${member}`, 'is empty');
  return value;
}

function whole(members: Members, member: string, at: string): number {
  const value = members[member];
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new MalformedBatch(`${at}/${member}`, 'is not a count');
  return value as number;
}

function number(value: unknown, at: string): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity' || value === '+Inf') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity' || value === '-Inf') return Number.NEGATIVE_INFINITY;
  throw new MalformedBatch(at, 'is not a number');
}

function instant(members: Members, member: string, at: string): InstantMs {
  const value = string(members, member, at);
  const ms = parseInstant(value);
  if (ms === null) throw new MalformedBatch(`${at}/${member}`, `is not an RFC 3339 time: ${value}`);
  return ms;
}

/** Labels come from outside: a map without prototype, so that `__proto__` is only a label. */
function texts(value: unknown, at: string): Record<string, string> {
  const own: Record<string, string> = Object.create(null);
  if (value === undefined) return own;
  for (const [key, item] of Object.entries(map(value, at))) {
    if (typeof item !== 'string') throw new MalformedBatch(`${at}/${key}`, 'is not a text');
    own[key] = item;
  }
  return own;
}
