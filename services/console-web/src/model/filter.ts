import type { ReleaseView } from '@parapet/contracts';
import type { VerdictKind } from '@parapet/guardrails';

/** What of the list is wanted; kept in the page's address. */
export interface ReleaseFilter {
  readonly text: string;
  readonly verdict: VerdictKind | null;
  readonly environment: string | null;
}

const VERDICTS: readonly VerdictKind[] = ['fail', 'inconclusive', 'pending', 'pass'];

/** Reads a filter from the address; what it does not know it leaves out. */
export function filterOf(search: string): ReleaseFilter {
  const params = new URLSearchParams(search);
  const verdict = VERDICTS.find((kind) => kind === params.get('verdict')) ?? null;
  return { text: params.get('q') ?? '', verdict, environment: params.get('environment') };
}

/** The address of a filter: only what it holds. */
export function searchOf(filter: ReleaseFilter): string {
  const params = new URLSearchParams();
  if (filter.text !== '') params.set('q', filter.text);
  if (filter.verdict !== null) params.set('verdict', filter.verdict);
  if (filter.environment !== null) params.set('environment', filter.environment);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** Whether a release is wanted: every word of the text occurs in its names or versions. */
export function matches(release: ReleaseView, filter: ReleaseFilter): boolean {
  if (filter.verdict !== null && release.verdict !== filter.verdict) return false;
  if (filter.environment !== null && release.environment !== filter.environment) return false;
  const parts = [
    release.name,
    release.workload,
    release.environment,
    release.startedBy ?? '',
    ...release.components.flatMap((c) => [c.component, c.version]),
  ];
  const hay = parts.join(' ').toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
