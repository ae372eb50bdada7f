import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '@parapet/telemetry';

const CHECK_MS = 2_000;

/** Whether what this service needs answers; behind `/readyz`. */
@Injectable()
export class Readiness {
  readonly #checks = new Map<string, () => Promise<void>>();
  readonly #metrics: Metrics;
  isDraining = false;

  constructor(@Inject(Metrics) metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Names something needed and how to ask whether it answers. */
  needs(dependency: string, check: () => Promise<void>): void {
    this.#checks.set(dependency, check);
  }

  /** Asks all of them at once; `ok`, or what is wrong, by name. */
  async report(): Promise<{ readonly isReady: boolean; readonly dependencies: Readonly<Record<string, string>> }> {
    const answers = await Promise.all(
      [...this.#checks].map(async ([name, check]) => {
        const answer = await withinTime(check).then(
          () => 'ok',
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
        this.#metrics.set('parapet_dependency_up', { dependency: name }, answer === 'ok' ? 1 : 0);
        return [name, answer] as const;
      }),
    );
    const isReady = !this.isDraining && answers.every(([, answer]) => answer === 'ok');
    return { isReady, dependencies: Object.fromEntries(answers) };
  }
}

async function withinTime(check: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_MS} ms`)), CHECK_MS);
  });
  try {
    await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}
