import type { PhaseRequest, RegisterReleaseRequest } from '@parapet/contracts';
import type { ReleasePhase, ReleaseStep } from '@parapet/decisions';
import { misused } from '../exit.js';

/** Phases that somebody outside may say. */
export const PHASES: readonly ReleasePhase[] = ['deploying', 'live', 'failed', 'superseded', 'rolled-back', 'finished'];

/** Options of `release start`. */
export interface StartOptions {
  readonly name: string;
  readonly workload: string;
  readonly environment: string;
  readonly component: readonly string[];
  readonly artifact: readonly string[];
  readonly step: readonly string[];
  readonly criticality?: NonNullable<RegisterReleaseRequest['criticality']>;
  readonly previous?: string;
  readonly policy?: string;
  readonly startedBy?: string;
  readonly link: readonly string[];
  readonly label: readonly string[];
  readonly deploying?: boolean;
}

/** Options of `release phase`. */
export interface PhaseOptions {
  readonly environment?: string;
  readonly at?: string;
  readonly store: readonly string[];
  readonly percent?: number;
}

/** What the options of `release start` ask for. */
export function registration(options: StartOptions): RegisterReleaseRequest {
  if (options.component.length === 0) throw misused('a release has at least one --component component=version');
  const artifacts = new Map(options.artifact.map((text) => pair(text, '--artifact')));
  const components = options.component.map((text) => {
    const [component, version] = pair(text, '--component');
    const artifact = artifacts.get(component);
    artifacts.delete(component);
    return artifact === undefined ? { component, version } : { component, version, artifact };
  });
  for (const stray of artifacts.keys())
    throw misused(`--artifact names the component ${stray}, which no --component does`);
  const { name, workload, environment, criticality, previous, policy, startedBy } = options;
  return {
    name,
    workload,
    environment,
    components,
    ...(options.step.length === 0 ? {} : { steps: options.step.map(step) }),
    ...(criticality === undefined ? {} : { criticality }),
    ...(previous === undefined ? {} : { previous }),
    ...(policy === undefined ? {} : { policy }),
    ...(startedBy === undefined ? {} : { startedBy }),
    ...(options.link.length === 0
      ? {}
      : { links: options.link.map((text) => pair(text, '--link')).map(([title, href]) => ({ title, href })) }),
    ...(options.label.length === 0
      ? {}
      : { labels: Object.fromEntries(options.label.map((text) => pair(text, '--label'))) }),
  };
}

/** What the options of `release phase` ask for. */
export function phaseRequest(phase: string, options: PhaseOptions): PhaseRequest {
  if (!PHASES.includes(phase as ReleasePhase)) throw misused(`"${phase}" is no phase; say one of ${PHASES.join(', ')}`);
  const { at, store, percent } = options;
  const scope = { ...(store.length === 0 ? {} : { stores: store }), ...(percent === undefined ? {} : { percent }) };
  return {
    phase: phase as ReleasePhase,
    ...(at === undefined ? {} : { at }),
    ...(Object.keys(scope).length === 0 ? {} : { scope }),
  };
}

function pair(text: string, option: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw misused(`${option} takes name=value, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function step(text: string): ReleaseStep {
  const [kind, reversible, ...what] = text.split(':');
  const isWord = reversible === 'yes' || reversible === 'partly' || reversible === 'no';
  if (kind === undefined || kind === '' || !isWord || what.join(':') === '') {
    throw misused(
      `--step takes kind:yes|partly|no:what, such as "database-migration:no:adds pos_order.loyalty_id", not "${text}"`,
    );
  }
  return { kind, reversible, what: what.join(':') };
}
