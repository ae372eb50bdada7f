/** Without control characters: names and sentences from outside must not steer a terminal. */
export function foreign(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

/** Columns a text takes, colour aside. */
export function widthOf(text: string): number {
  let width = 0;
  let isEscape = false;
  for (const letter of text) {
    if (letter === '\u001b') isEscape = true;
    else if (!isEscape) width++;
    else if (letter === 'm') isEscape = false;
  }
  return width;
}

/** Cuts a text to a width, with an ellipsis. */
export function cut(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Breaks a text at spaces into lines of a width, all after the first indented. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width - indent.length) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${indent}`);
}

/** Rows under headings, as wide as the terminal at most; the last column is cut to fit and not coloured. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const last = headings.length - 1;
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => widthOf(row[i] ?? ''))));
  const taken = widths.slice(0, last).reduce((sum, one) => sum + one + 2, 0);
  const room = Math.max(8, width - taken);
  const padded = (cell: string, i: number) => cell + ' '.repeat((widths[i] as number) - widthOf(cell) + 2);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === last ? cut(cell, room) : padded(cell, i)))
      .join('')
      .trimEnd();
  return [line(headings), ...rows.map(line)].join('\n');
}

/** Names and values under each other; a long value goes on below itself. What is null is not shown. */
export function facts(pairs: readonly (readonly [string, string | null])[], width: number): string {
  const given = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null);
  const column = Math.max(...given.map(([name]) => name.length)) + 2;
  const indent = ' '.repeat(column);
  return given.map(([name, value]) => name.padEnd(column) + wrap(value, width, indent)).join('\n');
}

/** An instant for people: UTC, to the second. */
export function instant(text: string): string {
  return `${foreign(text)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')}`;
}

/** Just the clock of an instant, for lines that follow each other. */
export function clock(text: string): string {
  return /T(\d{2}:\d{2}:\d{2})/.exec(text)?.[1] ?? foreign(text);
}

/** A length of time in the two largest units that matter. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
