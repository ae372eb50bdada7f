import type { InstantMs } from '@parapet/kernel';
import { exchange, type HttpAnswer } from '../http/exchange.js';
import { MeasurementFailed } from '../probe.js';
import { type Answer, textOf } from './answer.js';
import { captured } from './captures.js';
import type { HttpJourneySettings, JourneyStep } from './config.js';
import { CookieJar } from './cookies.js';
import { shortfall } from './expectations.js';
import { firstHop, type Hop, nextHop } from './hop.js';
import { redacted } from './redacted.js';

/** How one step went. */
export interface StepRun {
  readonly step: string;
  /** From its first request to the last byte of its last answer. */
  readonly tookMs: number;
  /** Null where the answer was as expected. */
  readonly failure: string | null;
}

/** How a run went: the steps taken, of which only the last can have failed. */
export interface JourneyRun {
  readonly steps: readonly StepRun[];
  readonly requests: number;
}

/** What a run needs besides its settings. */
export interface RunOptions {
  readonly settings: HttpJourneySettings;
  /** The run's own name, in its marker. */
  readonly run: string;
  /** Secrets by their name in the settings. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly ca: string | undefined;
  readonly nowMs: () => InstantMs;
}

/** Nothing was heard at all, so it may be our own line that is down. */
class Unheard extends Error {
  override readonly name = 'Unheard';
  constructor(
    readonly why: string,
    readonly tookMs: number,
    readonly mayBeOurs: boolean,
  ) {
    super(why);
  }
}

/** Errors that come about before anybody outside this machine was reached. */
const OWN_ERRORS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH']);

/** Walks through a journey once. A shop that fails is a result; throws MeasurementFailed where our own side may be at fault. */
export async function runJourney(options: RunOptions): Promise<JourneyRun> {
  const walk = new Walk(options);
  const steps: StepRun[] = [];
  for (const step of options.settings.steps) {
    const done = await walk.take(step);
    // Whatever a shop sends, an address included, may hold what was sent to it.
    const failure = done.failure === null ? null : redacted(done.failure, options.secrets);
    steps.push({ ...done, failure });
    if (failure !== null) break;
  }
  return { steps, requests: walk.requests };
}

class Walk {
  requests = 0;
  readonly #jar = new CookieJar();
  readonly #values: Map<string, string>;
  readonly #endsAtMs: number;

  constructor(private readonly options: RunOptions) {
    const secrets = [...options.secrets].map(([name, value]): [string, string] => [`secret.${name}`, value]);
    this.#values = new Map([['run', options.run], ...secrets]);
    this.#endsAtMs = performance.now() + options.settings.totalTimeout;
  }

  async take(step: JourneyStep): Promise<StepRun> {
    const { settings } = this.options;
    const stepEndsAtMs = performance.now() + (step.timeout ?? settings.timeout);
    const isShort = this.#endsAtMs < stepEndsAtMs;
    const limit = isShort
      ? `the journey's ${settings.totalTimeout / 1000} s were over`
      : `no whole answer within ${(step.timeout ?? settings.timeout) / 1000} s`;
    const hop = firstHop(settings, step, this.#values);
    if ('refused' in hop) return { step: step.name, tookMs: 0, failure: hop.refused };
    try {
      return await this.#follow(step, hop, Math.min(stepEndsAtMs, this.#endsAtMs), limit);
    } catch (error) {
      if (!(error instanceof Unheard)) throw error;
      if (await this.#isOurs(error)) {
        const doubt =
          settings.control === undefined
            ? 'our own network may be at fault; with settings.control it can be told'
            : `nor does ${settings.control} show that our own network works`;
        const text = redacted(`${step.name}: ${error.why}; ${doubt}`, this.options.secrets);
        throw new MeasurementFailed('unreachable', text, { cause: error });
      }
      return { step: step.name, tookMs: error.tookMs, failure: error.why };
    }
  }

  async #follow(step: JourneyStep, first: Hop, endsAtMs: number, limit: string): Promise<StepRun> {
    const { settings } = this.options;
    const failed = (tookMs: number, why: string): StepRun => ({ step: step.name, tookMs, failure: why });
    let hop = first;
    let tookMs = 0;
    for (let hops = 0; ; hops += 1) {
      const answer = await this.#send(hop, endsAtMs - performance.now(), tookMs, limit);
      tookMs += answer.tookMs;
      const location = answer.headers.location;
      const next = step.followRedirects
        ? nextHop(settings, hop, { status: answer.status, location }, this.#values)
        : null;
      if (next === null) return this.#judge(step, answer, tookMs);
      if ('refused' in next) return failed(tookMs, next.refused);
      if (hops >= settings.redirects.max) return failed(tookMs, `more than ${settings.redirects.max} redirects`);
      hop = next;
    }
  }

  async #send(hop: Hop, leftMs: number, beforeMs: number, limit: string): Promise<HttpAnswer> {
    const { settings, ca, nowMs } = this.options;
    if (leftMs <= 0) throw new Unheard(limit, beforeMs, false);
    const cookie = this.#jar.headerFor(hop.url);
    const began = performance.now();
    this.requests += 1;
    try {
      const answer = await exchange({
        method: hop.method,
        url: hop.url,
        headers: { ...hop.headers, ...(cookie === null ? {} : { cookie }) },
        ...(hop.body === undefined ? {} : { body: hop.body }),
        timeoutMs: Math.ceil(leftMs),
        allowPrivate: settings.allowPrivate,
        ...(ca === undefined ? {} : { ca }),
        bytesMax: settings.bodyBytes,
      });
      this.#jar.take(hop.url, answer.headers['set-cookie'] ?? [], nowMs());
      return answer;
    } catch (error) {
      throw unheard(error, beforeMs + performance.now() - began, limit);
    }
  }

  #judge(step: JourneyStep, raw: HttpAnswer, tookMs: number): StepRun {
    const body = textOf(raw.body, raw.headers['content-type']);
    const answer: Answer = { status: raw.status, headers: raw.headers, body };
    const short = shortfall(step.expect, answer, this.options.secrets);
    if (short !== null) return { step: step.name, tookMs, failure: short };
    const kept = captured(step.capture, answer);
    if ('missing' in kept) return { step: step.name, tookMs, failure: kept.missing };
    for (const [name, value] of kept.values) this.#values.set(name, value);
    return { step: step.name, tookMs, failure: null };
  }

  async #isOurs(heard: Unheard): Promise<boolean> {
    const { settings, ca } = this.options;
    const { control, allowPrivate, timeout } = settings;
    if (control === undefined) return heard.mayBeOurs;
    const request = { method: 'GET', url: new URL(control), headers: {}, allowPrivate } as const;
    const answer = exchange({
      ...request,
      timeoutMs: timeout,
      bytesMax: settings.bodyBytes,
      ...(ca === undefined ? {} : { ca }),
    });
    return await answer.then(
      () => false,
      () => true,
    );
  }
}

/** Why no answer was heard. An address that nobody may ask is no trouble of the shop, so it stays what it is. */
function unheard(error: unknown, tookMs: number, limit: string): Error {
  if (!(error instanceof MeasurementFailed) || error.reason === 'refused') return error as Error;
  switch (error.reason) {
    case 'timeout':
      return new Unheard(limit, tookMs, false);
    case 'too-large':
      return new Unheard('the answer is longer than bodyBytes allows', tookMs, false);
    default: {
      const { code, message } = (error.cause ?? error) as { code?: string; message?: string };
      return new Unheard(
        `no answer: ${code ?? message ?? 'the connection failed'}`,
        tookMs,
        OWN_ERRORS.has(code ?? ''),
      );
    }
  }
}
