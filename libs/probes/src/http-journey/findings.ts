import type { Finding } from '../present.js';
import type { JourneyRun } from './run.js';

/** The signals of a journey; a gap is said of each when nothing could be measured. */
export const SIGNALS = [
  'journey.success',
  'journey.duration',
  'journey.step.success',
  'journey.step.duration',
] as const;

/**
 * A run as values: one run that succeeded or not, the same per step, and how long it took. A failed step has no duration, since
 * the time until a refusal is not the time of an answer, and steps that were never reached say that there is nothing to say.
 */
export function findingsOf(names: readonly string[], run: JourneyRun): readonly Finding[] {
  const failed = run.steps.some(({ failure }) => failure !== null);
  const isWhole = !failed && run.steps.length === names.length;
  const totalMs = run.steps.reduce((sum, { tookMs }) => sum + tookMs, 0);
  return [
    { signal: 'journey.success', value: { kind: 'count', count: isWhole ? 1 : 0, of: 1 } },
    { signal: 'journey.duration', value: isWhole ? seconds(totalMs) : NOTHING },
    ...names.flatMap((step, i): Finding[] => {
      const taken = run.steps[i];
      const dimensions = { step };
      if (taken === undefined) {
        return [
          { signal: 'journey.step.success', value: NOTHING, dimensions },
          { signal: 'journey.step.duration', value: NOTHING, dimensions },
        ];
      }
      const isFine = taken.failure === null;
      return [
        { signal: 'journey.step.success', value: { kind: 'count', count: isFine ? 1 : 0, of: 1 }, dimensions },
        { signal: 'journey.step.duration', value: isFine ? seconds(taken.tookMs) : NOTHING, dimensions },
      ];
    }),
  ];
}

const NOTHING = { kind: 'gap', reason: 'too-few-samples' } as const;

const seconds = (ms: number) => ({ kind: 'gauge', value: ms / 1000 }) as const;
