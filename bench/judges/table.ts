/** The table of judges, as Markdown, and its place between two markers in a page. */
import type { Row } from './benchmark.ts';

export const MARKERS = {
  begin: '<!-- begin: npm run bench -- --judges --write -->',
  end: '<!-- end: npm run bench -- --judges --write -->',
} as const;

/** The table, its heading first. Nothing in it depends on the machine. */
export function tableOf(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) throw new Error('a table of judges needs a judge');
  const head = [
    'judge',
    `false rollbacks (of ${first.notDegraded})`,
    'premature',
    `strong missed (of ${first.strong.releases})`,
    'median / p90 delay, strong',
    `moderate missed (of ${first.moderate.releases})`,
    'pass on undecidable',
    'pass on degraded',
    'healthy passed',
  ];
  const lines = rows.map(({ name, all, strong, moderate }) => [
    name,
    all.falseRollbacks.count,
    all.premature.count,
    strong.missed.count,
    `${minutes(strong.delayMinutes.median)} / ${minutes(strong.delayMinutes.p90)} min`,
    moderate.missed.count,
    all.passOnUndecidable.count,
    all.passOnDegraded.count,
    `${Math.round((all.goodPassed.rate ?? 0) * 100)} %`,
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function minutes(value: number | null): string {
  return value === null ? '–' : value.toFixed(1);
}

/** What stands between the markers of a page; null where it has none. */
export function blockOf(page: string): string | null {
  const from = page.indexOf(MARKERS.begin);
  const to = page.indexOf(MARKERS.end);
  return from < 0 || to < from ? null : page.slice(from + MARKERS.begin.length, to).trim();
}

/** The page with something else between its markers. */
export function withBlock(page: string, block: string): string {
  const from = page.indexOf(MARKERS.begin);
  const to = page.indexOf(MARKERS.end);
  if (from < 0 || to < from) throw new Error(`a page to be written into needs ${MARKERS.begin} and ${MARKERS.end}`);
  return `${page.slice(0, from + MARKERS.begin.length)}\n\n${block}\n\n${page.slice(to)}`;
}
