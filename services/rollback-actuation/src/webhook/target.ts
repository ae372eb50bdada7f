import { randomUUID } from 'node:crypto';
import type { KeyAnswer, RunningAnswer, SendAnswer } from '@parapet/actuation';
import type { DeploymentTarget, StepRequest, Waiting } from '../target.js';
import { readKeyAnswer, readRunning, readSendAnswer } from './answers.js';
import { exchange, type Incoming } from './http.js';
import { signed } from './signature.js';

/** A webhook target as it is declared. */
export interface WebhookDeclaration {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
  /** Plain http and private addresses, by the operator's word. */
  readonly allowPrivate: boolean;
}

/** Any system that takes signed deployments under a key and says what it runs. */
export class WebhookTarget implements DeploymentTarget {
  /** Where a target wants to be asked about a key; forgotten with the process, since asking by key is always right too. */
  private readonly locations = new Map<string, URL>();

  /** @param secret read for every request, so that it can be exchanged; throws where it cannot be had */
  constructor(
    private readonly declared: WebhookDeclaration,
    private readonly secret: () => string,
    private readonly nowMs: () => number,
  ) {}

  async send(request: StepRequest, signal: AbortSignal): Promise<Waiting<SendAnswer>> {
    const { step, key } = request;
    const body = JSON.stringify({
      key,
      fence: request.fence,
      step: step.step,
      target: step.target,
      environment: request.environment,
      planDigest: request.planDigest,
      dryRun: false,
      from: step.from,
      to: step.to,
    });
    try {
      const url = new URL(this.declared.url);
      const answer = await this.exchange('POST', url, key, body, signal);
      this.remember(key, url, answer);
      const { detail, ...meaning } = readSendAnswer(answer);
      return { ...meaning, detail: this.redacted(detail) };
    } catch (error) {
      return { kind: 'unclear', detail: this.words(error) };
    }
  }

  async ask(key: string, signal: AbortSignal): Promise<Waiting<KeyAnswer>> {
    try {
      const url = this.locations.get(key) ?? this.withQuery('key', key);
      const answer = readKeyAnswer(await this.exchange('GET', url, key, '', signal));
      // A place that no longer answers is not asked again.
      if (answer.kind === 'no-answer') this.locations.delete(key);
      return 'detail' in answer ? { ...answer, detail: this.redacted(answer.detail) } : answer;
    } catch (error) {
      this.locations.delete(key);
      return { kind: 'no-answer', detail: this.words(error) };
    }
  }

  async running(signal: AbortSignal): Promise<RunningAnswer> {
    try {
      const answer = readRunning(
        await this.exchange('GET', this.withQuery('target', this.declared.name), `read_${randomUUID()}`, '', signal),
      );
      return answer.kind === 'no-answer' ? { ...answer, detail: this.redacted(answer.detail) } : answer;
    } catch (error) {
      return { kind: 'no-answer', detail: this.words(error) };
    }
  }

  private exchange(method: 'GET' | 'POST', url: URL, id: string, body: string, signal: AbortSignal): Promise<Incoming> {
    const { timeoutMs, allowPrivate } = this.declared;
    const headers = {
      ...signed(this.secret(), id, body, this.nowMs()),
      accept: 'application/json',
      'user-agent': 'parapet-rollback-actuation',
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    };
    return exchange({ method, url, headers, body, timeoutMs, allowPrivate, signal });
  }

  private withQuery(name: string, value: string): URL {
    const url = new URL(this.declared.url);
    url.searchParams.set(name, value);
    return url;
  }

  /** A place elsewhere is not asked: it would get a signed request that was not meant for it. */
  private remember(key: string, url: URL, { status, headers: { location } }: Incoming): void {
    if (status !== 202 || location === undefined || !URL.canParse(location, url.href)) return;
    const place = new URL(location, url);
    if (place.origin === url.origin) this.locations.set(key, place);
  }

  private words(error: unknown): string {
    const { message, code } = error as { message?: string; code?: string };
    return this.redacted(message === undefined || message === '' ? (code ?? String(error)) : message);
  }

  /** The secret never leaves in a sentence, whoever wrote it there. */
  private redacted(text: string): string {
    try {
      const secret = this.secret();
      return text.replaceAll(secret, '***').replaceAll(secret.replace(/^whsec_/, ''), '***');
    } catch {
      // Without a secret there is none to hide.
      return text;
    }
  }
}
