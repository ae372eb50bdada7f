/** The table of cells, as Markdown. */
const HEAD = ['cell', 'required', 'runs', 'found or failed (95 %)', 'median (95 %)', 'expected'];

/** Lines under their heading, columns aligned. */
export function tableOf(lines: readonly (readonly string[])[]): string {
  const widths = HEAD.map((head, i) => Math.max(head.length, ...lines.map((line) => (line[i] ?? '').length)));
  const row = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [row(HEAD), row(widths.map((width) => '-'.repeat(width))), ...lines.map(row)].join('\n');
}
