import type { RecordFault } from './read-release.js';

/** What is known to be true of a recorded release. */
export interface ReleaseLabel {
  readonly id: string;
  readonly truth: 'good' | 'degraded' | 'undecidable';
  /** The tick from which it is degraded; null where it never is. */
  readonly onsetTick: number | null;
  /** Ids of the guardrails that the degradation shows in. */
  readonly effects: readonly string[];
  /** How much there is to find; null where there is nothing. */
  readonly detectability: 'strong' | 'moderate' | 'weak' | null;
  readonly ordersPerMinute: number | null;
  readonly noise: string | null;
  readonly mode: string | null;
  readonly tags: readonly string[];
}

/** What a policy said of a recorded release: the line that the simulation writes. */
export interface ReleaseResult {
  readonly id: string;
  /** The tick at which it was first said to be degraded; null where that was never said. */
  readonly degradedTick: number | null;
  readonly verdict: 'pass' | 'degraded' | 'inconclusive';
  /** Ids of the guardrails that are blamed, strongest first. */
  readonly attributed: readonly string[];
  /** Length of a tick. */
  readonly intervalSec: number;
}

/** The interval of results that do not tell it. */
const INTERVAL_SEC = 15;
const TRUTHS = ['good', 'degraded', 'undecidable'] as const;
const LEVELS = ['strong', 'moderate', 'weak'] as const;
const VERDICTS = ['pass', 'degraded', 'inconclusive'] as const;

type Fields = Readonly<Record<string, unknown>>;
type Read<T> = { readonly value: T } | { readonly faults: readonly RecordFault[] };

/** Reads the labels of recorded releases from parsed JSON. */
export function readLabels(json: unknown): Read<readonly ReleaseLabel[]> {
  if (!Array.isArray(json)) return { faults: [{ field: '', problem: 'must be a list of labels' }] };
  const faults: RecordFault[] = [];
  const value = json.map((one: unknown, i) => readLabel(fieldsOf(one), `/${i}`, faults));
  const twice = value.find((one, i) => value.findIndex((other) => other.id === one.id) !== i);
  if (twice !== undefined) faults.push({ field: '', problem: `there are two labels for "${twice.id}"` });
  return faults.length > 0 ? { faults } : { value };
}

function readLabel(fields: Fields, at: string, faults: RecordFault[]): ReleaseLabel {
  const say = (name: string, problem: string) => faults.push({ field: `${at}/${name}`, problem });
  const { id, truth, onsetTick, detectability } = fields;
  if (!isText(id)) say('id', 'must be a text that is not empty');
  if (!isOneOf(TRUTHS, truth)) say('truth', `must be ${TRUTHS.join(', ')}`);
  const isDegraded = truth === 'degraded';
  if (isDegraded && !isTick(onsetTick)) say('onsetTick', 'must be a tick: the release is degraded');
  if (isDegraded && !isOneOf(LEVELS, detectability)) say('detectability', `must be ${LEVELS.join(', ')}`);
  const effects = Array.isArray(fields['effects']) ? fields['effects'].map((one) => fieldsOf(one)['guardrail']) : [];
  if (!effects.every(isText)) say('effects', 'must name a guardrail each');
  const { ordersPerMinute } = fields;
  return {
    id: isText(id) ? id : '',
    truth: isOneOf(TRUTHS, truth) ? truth : 'good',
    onsetTick: isDegraded && isTick(onsetTick) ? onsetTick : null,
    effects: effects.filter(isText),
    detectability: isDegraded && isOneOf(LEVELS, detectability) ? detectability : null,
    ordersPerMinute: typeof ordersPerMinute === 'number' ? ordersPerMinute : null,
    noise: isText(fields['noise']) ? fields['noise'] : null,
    mode: isText(fields['mode']) ? fields['mode'] : null,
    tags: Array.isArray(fields['tags']) ? fields['tags'].filter(isText) : [],
  };
}

/** Reads one line of results from parsed JSON. */
export function readResult(json: unknown): Read<ReleaseResult> {
  const fields = fieldsOf(json);
  const faults: RecordFault[] = [];
  const say = (name: string, problem: string) => faults.push({ field: `/${name}`, problem });
  const { id, degradedTick, verdict, attributed, intervalSec } = fields;
  if (!isText(id)) say('id', 'must be a text that is not empty');
  if (!isOneOf(VERDICTS, verdict)) say('verdict', `must be ${VERDICTS.join(', ')}`);
  if (degradedTick !== null && !isTick(degradedTick)) say('degradedTick', 'must be a tick or null');
  else if ((degradedTick !== null) !== (verdict === 'degraded'))
    say('degradedTick', 'must be there if the verdict is degraded, and only then');
  if (attributed !== undefined && !(Array.isArray(attributed) && attributed.every(isText)))
    say('attributed', 'must be a list of guardrail ids');
  if (intervalSec !== undefined && !(typeof intervalSec === 'number' && intervalSec > 0))
    say('intervalSec', 'must be a number above 0');
  if (faults.length > 0) return { faults };
  return {
    value: {
      id: id as string,
      degradedTick: degradedTick as number | null,
      verdict: verdict as ReleaseResult['verdict'],
      attributed: (attributed as readonly string[] | undefined) ?? [],
      intervalSec: (intervalSec as number | undefined) ?? INTERVAL_SEC,
    },
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTick(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOneOf<T extends string>(words: readonly T[], value: unknown): value is T {
  return words.includes(value as T);
}
