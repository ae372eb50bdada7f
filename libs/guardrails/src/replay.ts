import { canonicalJson } from '@parapet/kernel';
import type { WatchEvent } from './events.js';
import { RunningWatch } from './watch.js';
import type { WatchInput, WatchSpec } from './watch-spec.js';

/** What was said after which input, counted from 1. */
export interface Replayed {
  readonly n: number;
  readonly said: WatchEvent;
}

/** Judges a release again from its evidence: the specification and the inputs in the order they were judged. */
export function replay(spec: WatchSpec, inputs: Iterable<WatchInput>): readonly Replayed[] {
  const watch = new RunningWatch(spec);
  let n = 0;
  const all: Replayed[] = [];
  for (const input of inputs) {
    n += 1;
    all.push(...watch.take(input).map((said) => ({ n, said })));
  }
  return all;
}

/** The digest of evidence before any input: that of the specification. */
export function evidenceStart(spec: WatchSpec, sha256: (text: string) => string): string {
  return sha256(canonicalJson(spec));
}

/** The digest after one more input; a chain, so that it costs the same however long the watch is. */
export function evidenceNext(digest: string, input: WatchInput, sha256: (text: string) => string): string {
  return sha256(`${digest}${canonicalJson(input)}`);
}
