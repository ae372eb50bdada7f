/** The table of cells, as Markdown. */
const HEAD = ['cell', 'required', 'runs', 'found or failed (95 %)', 'median (95 %)', 'expected'];

/** Lines under their heading, columns aligned. */
export function tableOf(lines: readonly (readonly string[])[]): string {
  const widths = HEAD.map((head, i) => Math.max(head.length, ...lines.map((line) => (line[i] ?? '').length)));
  const row = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [row(HEAD), row(widths.map((width) => '-'.repeat(width))), ...lines.map(row)].join('\n');
}

export const MARKERS = {
  begin: '<!-- begin: npm run sim -- --cells --write -->',
  end: '<!-- end: npm run sim -- --cells --write -->',
} as const;

/** The page with something else between its markers. */
export function withBlock(page: string, block: string): string {
  const from = page.indexOf(MARKERS.begin);
  const to = page.indexOf(MARKERS.end);
  if (from < 0 || to < from) throw new Error(`a page to be written into needs ${MARKERS.begin} and ${MARKERS.end}`);
  return `${page.slice(0, from + MARKERS.begin.length)}\n\n${block}\n\n${page.slice(to)}`;
}

/** The cells of the table in a page: their names, and what is required of them. */
export function writtenIn(page: string): readonly (readonly [name: string, required: string])[] {
  const block = page.slice(page.indexOf(MARKERS.begin), page.indexOf(MARKERS.end));
  const rows = block.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) => {
    const [, name = '', required = ''] = line.split('|').map((text) => text.trim());
    return [name, required] as const;
  });
}
