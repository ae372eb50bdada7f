import { type Configuration, resolveSecret, type Target } from '@parapet/policy';
import { unreachable } from '@parapet/kernel';
import type { DeploymentTarget, StepRequest, Targets } from './target.js';
import { WebhookTarget } from './webhook/target.js';

/** The configuration that counts now, per tenant. */
export interface Configurations {
  current(tenant: string): Configuration | null;
}

/** Makes targets out of their declarations, one object per declaration and revision of it. */
export class DeclaredTargets implements Targets {
  private readonly made = new Map<string, { readonly declared: string; readonly target: DeploymentTarget }>();

  constructor(
    private readonly configurations: Configurations,
    private readonly nowMs: () => number,
    private readonly onRequest: (target: string, seconds: number) => void = () => undefined,
  ) {}

  find(tenant: string, environment: string, workload: string, name: string): DeploymentTarget | null {
    const declared = this.configurations
      .current(tenant)
      ?.workloads.find((w) => w.name === workload)
      ?.targets.find((t) => t.name === name && (t.environment === undefined || t.environment === environment));
    if (declared === undefined) return null;
    const place = JSON.stringify([tenant, environment, workload, name]);
    const text = JSON.stringify(declared);
    const known = this.made.get(place);
    if (known?.declared === text) return known.target;
    const target = this.timed(name, this.make(declared));
    this.made.set(place, { declared: text, target });
    return target;
  }

  private make(declared: Target): DeploymentTarget {
    switch (declared.kind) {
      case 'webhook':
        return new WebhookTarget(declared, () => resolveSecret(declared.secret), this.nowMs);
      default:
        return unreachable(declared.kind);
    }
  }

  private timed(name: string, target: DeploymentTarget): DeploymentTarget {
    const timed = async <T>(answer: Promise<T>): Promise<T> => {
      const began = performance.now();
      const value = await answer;
      this.onRequest(name, (performance.now() - began) / 1000);
      return value;
    };
    return {
      send: (request: StepRequest, signal) => timed(target.send(request, signal)),
      ask: (key, signal) => timed(target.ask(key, signal)),
      running: (signal) => timed(target.running(signal)),
    };
  }
}
