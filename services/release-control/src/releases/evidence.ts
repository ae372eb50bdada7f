import type { EvidenceView } from '@parapet/contracts';
import { formatInstant } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';

interface InputRow {
  readonly n: number;
  readonly clock_ms: number;
  readonly input: unknown;
}

/** What a release's verdicts rest on: specification, inputs in the order they were judged, and what was said after each. */
export async function evidenceOf(tx: Tx, release: string, after: number, limit: number): Promise<EvidenceView> {
  const [watch] = await tx.query<{ spec: unknown; inputs: number; digest: string }>(
    'SELECT spec, inputs, digest FROM evaluation_watch WHERE tenant = $1 AND release = $2',
    [tx.tenant, release],
  );
  const inputs = await tx.query<InputRow & Record<string, unknown>>(
    'SELECT n, clock_ms, input FROM evaluation_input WHERE tenant = $1 AND release = $2 AND n > $3 ORDER BY n LIMIT $4',
    [tx.tenant, release, after, limit + 1],
  );
  const page = inputs.slice(0, limit);
  const upTo = page.at(-1)?.n ?? after;
  const verdicts = await tx.query<{ n: number; verdict: unknown }>(
    'SELECT n, verdict FROM evaluation_verdict WHERE tenant = $1 AND release = $2 AND n > $3 AND n <= $4 ORDER BY n, ordinal',
    [tx.tenant, release, after, upTo],
  );
  return {
    release,
    spec: watch?.spec ?? null,
    inputs: page.map(({ n, clock_ms, input }) => ({ n, clock: formatInstant(clock_ms), input })),
    verdicts,
    next: inputs.length > limit ? String(upTo) : null,
    ...(watch === undefined ? {} : { digest: { inputs: watch.inputs, sha256: watch.digest } }),
  };
}
