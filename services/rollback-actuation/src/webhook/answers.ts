import type { KeyAnswer, RunningAnswer, SendAnswer } from '@parapet/actuation';
import { z } from 'zod';
import type { Waiting } from '../target.js';
import type { Incoming } from './http.js';

const DETAIL_CHARS_MAX = 300;

const keyState = z.object({
  state: z.enum(['unknown-key', 'running', 'done', 'failed']),
  reason: z.string().optional(),
});

const runningComponents = z.object({
  components: z.array(
    z.object({
      component: z.string().min(1),
      version: z.string().min(1),
      artifact: z.string().optional(),
      share: z.number().min(0).max(1).optional(),
      by: z.string().optional(),
    }),
  ),
});

/** What an answer to a deployment means. */
export function readSendAnswer(answer: Incoming): Waiting<SendAnswer> {
  const { status } = answer;
  const detail = describe(answer);
  if (status === 202) return { kind: 'taken', detail: 'the target took it' };
  if (status >= 200 && status < 300) return { kind: 'taken', detail: 'the target did it' };
  if (status === 409 && codeOf(answer) === 'already-done')
    return { kind: 'taken', detail: 'the target had done it already' };
  if (status === 429 || status >= 500) return { kind: 'unclear', detail, ...retryAfter(answer) };
  return { kind: 'refused', detail };
}

/** What a target knows of a key; anything but one of the four words is no answer. */
export function readKeyAnswer(answer: Incoming): Waiting<KeyAnswer> {
  const parsed = answer.status === 200 && !answer.isCut ? keyState.safeParse(jsonOf(answer.body)) : null;
  if (parsed?.success !== true) return { kind: 'no-answer', detail: describe(answer), ...retryAfter(answer) };
  const { state, reason } = parsed.data;
  return state === 'failed'
    ? { kind: 'failed', detail: `the target failed: ${cut(reason ?? 'it does not say why')}` }
    : { kind: state };
}

/** What a target says it runs. */
export function readRunning(answer: Incoming): RunningAnswer {
  const parsed = answer.status === 200 && !answer.isCut ? runningComponents.safeParse(jsonOf(answer.body)) : null;
  if (parsed?.success !== true) return { kind: 'no-answer', detail: describe(answer) };
  const components = parsed.data.components.map(({ component, version, artifact, share, by }) => ({
    component,
    version,
    ...(artifact === undefined ? {} : { artifact }),
    ...(share === undefined ? {} : { share }),
    ...(by === undefined ? {} : { by: cut(by) }),
  }));
  return { kind: 'runs', components };
}

function codeOf(answer: Incoming): string | null {
  const body = jsonOf(answer.body) as { code?: unknown; type?: unknown } | null;
  if (typeof body?.code === 'string') return body.code;
  return typeof body?.type === 'string' ? (body.type.split('/').at(-1) ?? null) : null;
}

function describe(answer: Incoming): string {
  const body = jsonOf(answer.body) as { detail?: unknown } | null;
  const code = codeOf(answer);
  const words = typeof body?.detail === 'string' ? body.detail : answer.body;
  return cut([`${answer.status}`, code, words].filter((part) => part !== null && part !== '').join(' '));
}

function cut(text: string): string {
  const oneLine = text.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
  return oneLine.length <= DETAIL_CHARS_MAX ? oneLine : `${oneLine.slice(0, DETAIL_CHARS_MAX - 1)}…`;
}

function retryAfter(answer: Incoming): { retryAfterMs?: number } {
  const text = answer.headers['retry-after'] ?? '';
  return /^\d{1,6}$/.test(text) ? { retryAfterMs: Number(text) * 1000 } : {};
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    // Many an answer is no JSON; who needs one says so.
    return null;
  }
}
