import { MeasurementFailed } from '../probe.js';
import { wholeImage } from './image.js';
import type { Container, Fingerprint, Unit } from './unit.js';

/** What a field is about. */
export const DRIFT_KINDS = ['object', 'image', 'replicas', 'env', 'config'] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** One field that runs otherwise than declared. */
export interface Difference {
  readonly kind: DriftKind;
  /** `Deployment/shop/odoo/env/odoo/LOG_LEVEL`: what `ignore` is about. */
  readonly field: string;
  /** In words; images and numbers as they are, all other values only as different. */
  readonly text: string;
}

/** Every field in which what runs is not what is declared, in the order of the declaration. */
export function differencesOf(declared: readonly Unit[], running: ReadonlyMap<string, Unit>): readonly Difference[] {
  return declared.flatMap((unit) => {
    const found = running.get(unit.name);
    if (found === undefined) return [{ kind: 'object', field: unit.name, text: 'is declared and not there' }];
    return [
      ...replicasOf(unit, found),
      ...containersOf(unit, found),
      ...keys('config', `${unit.name}/config`, unit.config, found.config),
    ];
  });
}

function replicasOf(declared: Unit, running: Unit): readonly Difference[] {
  // Without a number in the manifest an autoscaler decides.
  if (declared.replicas === null) return [];
  if (running.replicas === null) throw untold(declared.name, 'its replicas');
  if (running.replicas === declared.replicas) return [];
  const text = `${running.replicas} run, declared ${declared.replicas}`;
  return [{ kind: 'replicas', field: `${declared.name}/replicas`, text }];
}

function containersOf(declared: Unit, running: Unit): readonly Difference[] {
  const extra = [...running.containers].filter(([name]) => !declared.containers.has(name));
  return [
    ...[...declared.containers].flatMap(([name, container]): readonly Difference[] => {
      const found = running.containers.get(name);
      const field = `${declared.name}/image/${name}`;
      if (found === undefined) return [{ kind: 'image', field, text: 'is declared and does not run' }];
      return [
        ...imagesOf(field, container, found),
        ...namedValues('env', `${declared.name}/env/${name}`, container.env, found.env, declared.name),
        ...namedValues('config', `${declared.name}/config/${name}`, container.config, found.config, declared.name),
      ];
    }),
    ...extra.map(([name, { image }]): Difference => {
      return {
        kind: 'image',
        field: `${declared.name}/image/${name}`,
        text: `runs ${image ?? ''} and is not declared`,
      };
    }),
  ];
}

function imagesOf(field: string, declared: Container, running: Container): readonly Difference[] {
  if (declared.image === null) return [];
  if (running.image === null) throw untold(field, 'its image');
  if (wholeImage(declared.image) === wholeImage(running.image)) return [];
  return [{ kind: 'image', field, text: `${running.image} runs, declared ${declared.image}` }];
}

function namedValues(
  kind: 'env' | 'config',
  field: string,
  declared: Container['env'],
  running: Container['env'],
  unit: string,
): readonly Difference[] {
  // Where nothing is declared about it, an inventory need not tell it either.
  if (running === null && (declared === null || declared.size === 0)) return [];
  if (running === null) throw untold(unit, kind === 'env' ? 'its environment' : 'its command');
  return declared === null ? [] : keys(kind, field, declared, running);
}

function keys(
  kind: 'env' | 'config',
  field: string,
  declared: ReadonlyMap<string, Fingerprint>,
  running: ReadonlyMap<string, Fingerprint>,
): readonly Difference[] {
  const names = [...new Set([...declared.keys(), ...running.keys()])];
  return names.flatMap((name): readonly Difference[] => {
    const [wanted, found] = [declared.get(name), running.get(name)];
    if (wanted === found) return [];
    const text =
      found === undefined ? 'is declared and not set' : wanted === undefined ? 'is set and not declared' : 'differs';
    return [{ kind, field: `${field}/${name}`, text }];
  });
}

/** Silence of the running side would look like agreement. */
function untold(name: string, what: string): MeasurementFailed {
  return new MeasurementFailed('bad-answer', `what runs does not tell ${what} for ${name}, which is declared`);
}

/** Leaves out the fields that may differ; `*` stands for anything. */
export function withoutIgnored(differences: readonly Difference[], ignore: readonly string[]): readonly Difference[] {
  const patterns = ignore.map((pattern) => {
    const parts = pattern.split(/\*+/).map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join('.*')}$`, 's');
  });
  return differences.filter(({ field }) => !patterns.some((pattern) => pattern.test(field)));
}
