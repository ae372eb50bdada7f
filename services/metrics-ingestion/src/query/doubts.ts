import type { Configuration } from '@parapet/policy';
import type { AskedSource } from './ask-signal.js';
import type { QueryPorts, SourceName } from './ports.js';
import { NotReached, type PrometheusClient } from './prometheus-client.js';
import { readRules, type RulesAnswer } from './rules-answer.js';
import { rulesFor } from './rules-for.js';

/** How often the Prometheus of a source of alerts is asked (interfaces 8). */
const EVERY_MS = 15_000;
const CLAIM_PAUSE_MS = 2_000;

/** Asks the Prometheus of a source of alerts how its rules stand, so that what nobody was told is not in doubt for long. */
export class DoubtAsking {
  #isTold = false;

  constructor(
    private readonly of: SourceName,
    private readonly source: AskedSource,
    private readonly configurationNow: () => Configuration | null,
    private readonly client: PrometheusClient,
    private readonly ports: QueryPorts,
  ) {}

  /** One round; answers how long to pause before the next. */
  async round(): Promise<number> {
    const { turns, publishAnswer, nowMs } = this.ports;
    if (!(await turns.claim(`alerts ${this.of.tenant}/${this.of.source}`))) return CLAIM_PAUSE_MS;
    const configuration = this.configurationNow();
    if (configuration === null) return EVERY_MS;
    const { rules, problem } = await this.#ask();
    this.#tell(problem);
    if (rules === null) return EVERY_MS;
    const askedAtMs = nowMs();
    const { externalLabels } = this.source.prometheus;
    for (const environment of this.source.environments) {
      const ours = rulesFor(rules, environment, this.source, configuration);
      if (ours.length > 0) await publishAnswer(this.of, environment, { askedAtMs, rules: ours, externalLabels });
    }
    return EVERY_MS;
  }

  async #ask(): Promise<RulesAnswer> {
    const { externalLabels } = this.source.prometheus;
    try {
      // One after the other: what both say has not changed in between.
      const alerts = await this.client.get('/api/v1/alerts');
      const rules = await this.client.get('/api/v1/rules?type=alert');
      return readRules({ alerts, rules, askedAtMs: this.ports.nowMs(), externalLabels });
    } catch (error) {
      if (!(error instanceof NotReached)) throw error;
      return { rules: null, problem: error.message };
    }
  }

  /** Without an answer doubts stay what they are; that nobody answers is said once, and once that somebody does again. */
  #tell(problem: string | null): void {
    const { metrics, logger } = this.ports;
    metrics.count('parapet_query_total', { ...this.of, outcome: problem === null ? 'answered' : 'unreachable' });
    if (problem !== null && !this.#isTold) {
      logger.warn({ ...this.of, detail: problem }, 'cannot ask Prometheus how alerts stand: doubts stay');
    }
    if (problem === null && this.#isTold) logger.info({ ...this.of }, 'Prometheus answers again how alerts stand');
    this.#isTold = problem !== null;
  }
}
