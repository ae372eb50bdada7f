import { type DecisionInput, isRefusal, type ReleasePhase } from '@parapet/decisions';
import { formatInstant } from '@parapet/kernel';
import { decisionPolicyOf, ENVIRONMENT, guardrailPolicyOf } from './configuration.js';
import { type Plot, SECOND_MS, START_MS } from './plot.js';
import type { ShopTarget } from './target.js';
import type { World } from './world.js';

const DEPLOYER = { kind: 'service', id: 'deploy-pipeline' } as const;

/** The pipeline of one release: registers it, deploys it, says how far it is, and says it again where no answer came. */
export class Pipeline {
  private readonly chance;

  constructor(
    private readonly world: World,
    private readonly plot: Plot,
    private readonly release: string,
    target: ShopTarget,
  ) {
    this.chance = world.chance.apart(`pipeline ${plot.component}`);
    const inMs = plot.deployAtMs - START_MS;
    this.world.clock.after(inMs - 60 * SECOND_MS, () => this.say(() => this.registration()));
    this.world.clock.after(inMs, () => this.phase('deploying'));
    this.world.clock.after(inMs + 20 * SECOND_MS, () => {
      target.version = '2';
    });
    this.world.clock.after(inMs + 30 * SECOND_MS, () => this.phase(plot.deployment === 'fails' ? 'failed' : 'live'));
    if (plot.meddledAtMs !== null) {
      this.world.clock.after(plot.meddledAtMs - START_MS, () => {
        target.version = '9-hotfix';
      });
    }
  }

  private phase(phase: ReleasePhase): Promise<void> {
    const at = formatInstant(this.world.clock.nowMs());
    return this.say(() => ({ type: 'ChangePhase', phase, at, by: DEPLOYER.id }));
  }

  private async say(input: () => DecisionInput): Promise<void> {
    const outcome = await this.world.control.request(this.release, DEPLOYER, input);
    // Out of order (an earlier one is still being retried) or unanswered: it says it again.
    const isTooEarly =
      outcome !== null && isRefusal(outcome) && (outcome.code === 'phase' || outcome.code === 'unknown-release');
    const isWorthIt = this.world.clock.nowMs() < this.plot.deployAtMs + 300 * SECOND_MS;
    if (outcome === null || (isTooEarly && isWorthIt)) this.world.clock.after(3 * SECOND_MS, () => this.say(input));
    else if (this.chance.happens(this.world.repeated)) this.world.clock.after(20 * SECOND_MS, () => this.say(input));
  }

  private registration(): DecisionInput {
    const { plot } = this;
    const version = (of: string) => [{ component: plot.component, version: of }];
    return {
      type: 'RegisterRelease',
      release: {
        name: plot.name,
        workload: plot.workload,
        environment: ENVIRONMENT,
        components: version('2'),
        previous: plot.hasPrevious ? { release: `rel_before_${plot.component}`, components: version('1') } : null,
        steps:
          plot.reversibility === 'unknown' ? [] : [{ kind: 'schema', what: 'columns', reversible: plot.reversibility }],
        criticality: plot.criticality,
        reversibility: plot.reversibility,
        guardrailPolicy: guardrailPolicyOf(plot),
        decisionPolicy: decisionPolicyOf(plot),
        origin: 'api',
        startedBy: 'release-lead',
      },
    };
  }
}
