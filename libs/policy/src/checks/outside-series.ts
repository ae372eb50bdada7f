import type { CheckedDocumentOf } from '../document.js';
import type { Path } from '../located.js';
import { fitsText, SERIES_DIMENSION } from '../outside-series-of.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import type { Spec } from '../schema/kinds.js';
import { SERIES_KINDS } from '../schema/signal-source.js';
import { didYouMean } from '../suggest.js';

type Document = CheckedDocumentOf<'SignalSource'>;
type Signal = Spec<'SignalSource'>['signals'][number];
type From = NonNullable<Signal['from']>;
type Say = (below: Path, problem: string, allowed: string) => ConfigurationProblem;

/** A dimension that is no other name for anything, and may be read from a label all the same. */
const RELEASE_DIMENSIONS: readonly string[] = ['environment', 'store', 'arm'];

/** A signal of a source of series says which of them it is read from, and in a way that can become its samples. */
export function checkOutsideSeries(document: Document, i: number): ConfigurationProblem[] {
  const { kind, signals } = document.parsed;
  const signal = signals[i] as Signal;
  const say: Say = (below, problem, allowed) =>
    problemAt(document.where, ['spec', 'signals', i, ...below], problem, allowed);
  const isSeries = SERIES_KINDS.includes(kind);
  if (signal.from === undefined) {
    const text = `"from" is missing: a source of kind ${kind} sends every series it has, and this one would never be found`;
    return isSeries ? [say(['from'], text, '{ metric: NAME, where: { LABEL: TEXT }, of: { metric: NAME } }')] : [];
  }
  if (!isSeries) return [say(['from'], `belongs to kind: ${SERIES_KINDS.join(' or ')}`, 'nothing')];
  if (signal.form === undefined)
    return [say(['form'], '"form" is missing: a series alone does not tell', 'proportion, rate, gauge, histogram')];
  return [
    ...checkTemporality(kind, signal, say),
    ...checkOf(signal, signal.from, say),
    ...checkBounds(signal, signal.from, say),
    ...checkOwnDimension(signal, say),
    ...Object.keys(signal.from.dimensions)
      .filter((name) => ![...signal.dimensions, ...RELEASE_DIMENSIONS].includes(name))
      .map((name) => {
        const allowed = [...signal.dimensions, ...RELEASE_DIMENSIONS];
        const text = `"${name}" is no dimension of "${signal.name}"${didYouMean(name, allowed)}`;
        return say(['from', 'dimensions', name], text, allowed.join(', '));
      }),
  ];
}

/** It tells apart what the declared dimensions do not; somebody else's of that name would be taken for it. */
function checkOwnDimension({ dimensions }: Signal, say: Say): ConfigurationProblem[] {
  const i = dimensions.indexOf(SERIES_DIMENSION);
  const text = `"${SERIES_DIMENSION}" is our own name for what no other dimension tells apart`;
  return i < 0 ? [] : [say(['dimensions', i], text, 'another name, with its label in from.dimensions')];
}

function checkTemporality(kind: string, { form, temporality }: Signal, say: Say): ConfigurationProblem[] {
  if (kind !== 'remote-write' || form === 'gauge' || temporality === 'cumulative') return [];
  return [say(['temporality'], `remote write sends a ${form} as counters that only grow`, 'cumulative')];
}

/** What counts the bad ones must be part of what counts everything, and must be found by looking at one series. */
function checkOf({ form }: Signal, from: From, say: Say): ConfigurationProblem[] {
  const { of } = from;
  if (form !== 'proportion')
    return of === undefined ? [] : [say(['from', 'of'], 'belongs to form: proportion', 'nothing')];
  if (of === undefined)
    return [
      say(['from', 'of'], '"of" is missing: a proportion is of something', '{ metric: NAME, where: { LABEL: TEXT } }'),
    ];
  return of.metric === from.metric ? checkPart(from, of, say) : checkPairing(from, of, say);
}

function checkPart(from: From, of: NonNullable<From['of']>, say: Say): ConfigurationProblem[] {
  if (Object.keys(from.where).length === 0)
    return [say(['from', 'where'], 'must say which part of the same metric is counted', '{ LABEL: TEXT }')];
  return Object.entries(from.where).flatMap(([label, own]) => {
    const all = of.where[label];
    if (all === undefined || listOf(own).every((text) => listOf(all).some((pattern) => fitsText(pattern, text))))
      return [];
    const text = `counts series that "of" leaves out: they would never be found`;
    return [say(['from', 'where', label], text, listOf(all).join(', '))];
  });
}

/** Two metrics are paired series by series: a label that may have several texts would make several pairs of one. */
function checkPairing(from: From, of: NonNullable<From['of']>, say: Say): ConfigurationProblem[] {
  const several = (where: From['where'], path: Path) =>
    Object.entries(where).flatMap(([label, texts]) => {
      const list = listOf(texts);
      if (list.length === 1 && !(list[0] as string).includes('*')) return [];
      const text = 'must be one exact text, because two metrics are paired series by series';
      return [say([...path, label], text, 'one text without *, or the same metric in "of"')];
    });
  return [...several(from.where, ['from', 'where']), ...several(of.where, ['from', 'of', 'where'])];
}

function checkBounds({ form }: Signal, { bounds }: From, say: Say): ConfigurationProblem[] {
  if (bounds === undefined) return [];
  if (form !== 'histogram') return [say(['from', 'bounds'], 'belongs to form: histogram', 'nothing')];
  const isAscending = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] as number));
  return isAscending ? [] : [say(['from', 'bounds'], 'must ascend', 'each bound larger than the one before it')];
}

function listOf(texts: string | readonly string[]): readonly string[] {
  return typeof texts === 'string' ? [texts] : texts;
}
