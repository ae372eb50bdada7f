/** The steps of a journey, as far as templates stand in them. */
interface Templated {
  readonly marker: unknown;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly steps: readonly {
    readonly url: unknown;
    readonly headers: unknown;
    readonly form?: unknown;
    readonly json?: unknown;
    readonly capture: readonly { readonly name: string }[];
  }[];
}

/** A `{{name}}` in a text of the configuration. */
export const TEMPLATE = /\{\{\s*([^{}\s]+)\s*\}\}/g;

type Path = (string | number)[];

/** Every `{{name}}` that stands for nothing where it stands: a step knows secrets, the run, and what earlier steps captured. */
export function unknownTemplates(journey: Templated): readonly { readonly path: Path; readonly name: string }[] {
  const fixed = new Set(['run', ...Object.keys(journey.secrets).map((name) => `secret.${name}`)]);
  const captured = new Set<string>();
  const inMarker = namesIn(journey.marker, ['marker']).filter(({ name }) => name !== 'run');
  const inSteps = journey.steps.flatMap((step, i) => {
    const { url, headers, form, json } = step;
    const used = namesIn({ url, headers, form, json }, ['steps', i]);
    const unknown = used.filter(({ name }) => !fixed.has(name) && !captured.has(name));
    for (const { name } of step.capture) captured.add(name);
    return unknown;
  });
  return [...inMarker, ...inSteps];
}

function namesIn(value: unknown, path: Path): { path: Path; name: string }[] {
  if (typeof value === 'string')
    return [...value.matchAll(TEMPLATE)].map((match) => ({ path, name: match[1] as string }));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    namesIn(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
