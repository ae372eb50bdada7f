import { type Container, type Fingerprint, fingerprint, mapOf, textOf, type Unit } from './unit.js';

type Json = Readonly<Record<string, unknown>>;

/** Whether a document is one of Compose, or an inventory in its words. */
export function isCompose(document: Json): boolean {
  return document.kind === undefined && typeof document.services === 'object' && document.services !== null;
}

/** The services of a Compose file or of an inventory; a field that is left out is not told. */
export function servicesOf(document: Json): readonly Unit[] {
  return Object.entries(mapOf(document.services)).map(([name, value]) => {
    const service = mapOf(value);
    const replicas = service.replicas ?? service.scale ?? mapOf(service.deploy).replicas;
    return {
      name: `service/${name}`,
      replicas: typeof replicas === 'number' ? replicas : null,
      containers: new Map([[name, containerOf(service)]]),
      config: new Map(),
    };
  });
}

function containerOf(service: Json): Container {
  return {
    image: textOf(service.image),
    env: service.environment === undefined ? null : environmentOf(service.environment),
    config: commandOf(service),
  };
}

/** `{ NAME: value }` or `[ 'NAME=value' ]`; a name without a value is filled in by whoever starts it, and is not declared. */
function environmentOf(environment: unknown): ReadonlyMap<string, Fingerprint> {
  const pairs = Array.isArray(environment)
    ? environment.map((line): [string, unknown] => {
        const [name = '', ...value] = (textOf(line) ?? '').split('=');
        return [name, value.length === 0 ? null : value.join('=')];
      })
    : Object.entries(mapOf(environment));
  return new Map(
    pairs.flatMap(([name, value]): [string, Fingerprint][] => {
      const text = textOf(value);
      return text === null ? [] : [[name, fingerprint(text)]];
    }),
  );
}

function commandOf({ command, entrypoint }: Json): ReadonlyMap<string, Fingerprint> | null {
  const told = Object.entries({ command, entrypoint }).filter(([, value]) => value !== undefined && value !== null);
  if (told.length === 0) return null;
  return new Map(told.map(([field, value]) => [field, fingerprint(wordsOf(value).join('\u0000'))]));
}

function wordsOf(value: unknown): readonly string[] {
  return Array.isArray(value)
    ? value.map((word) => textOf(word) ?? '')
    : (textOf(value) ?? '').split(/\s+/).filter((word) => word !== '');
}
