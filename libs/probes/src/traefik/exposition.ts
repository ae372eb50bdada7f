/** One line of a metrics page. */
export interface Exposed {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** NaN and infinities as they were written. */
  readonly value: number;
}

/** A page that is not in the text format of Prometheus, or not the wanted lines of it. */
export class NotExposition extends Error {
  override readonly name = 'NotExposition';
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const NUMBER = /^[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Inf|inf|NaN|nan)$/;
const LABELS_MAX = 64;

/**
 * Reads the wanted metrics of a page in the text format 0.0.4. A wanted line that cannot be read throws: what stands there is then
 * not known, and leaving it out would be a smaller count. Lines of other metrics are passed over unread.
 */
export function readExposition(page: string, wanted: ReadonlySet<string>): readonly Exposed[] {
  const found: Exposed[] = [];
  for (const line of page.split('\n')) {
    const metric = line.startsWith('#') ? undefined : NAME.exec(line)?.[0];
    if (metric !== undefined && wanted.has(metric)) found.push(readLine(line.trimEnd(), metric));
  }
  return found;
}

function readLine(line: string, metric: string): Exposed {
  const rest = line.slice(metric.length).trimStart();
  const { labels, after } = rest.startsWith('{') ? readLabels(rest, line) : { labels: {}, after: rest };
  // After the value a timestamp may follow; Traefik writes none, and a page without is meant "now".
  const [value = '', timestamp = '0', ...more] = after.trim().split(/[ \t]+/);
  if (!NUMBER.test(value) || !/^-?\d+$/.test(timestamp) || more.length > 0) throw unreadable(line);
  return { metric, labels, value: numberOf(value) };
}

function readLabels(text: string, line: string): { labels: Record<string, string>; after: string } {
  const labels: Record<string, string> = {};
  let rest = text.slice(1).trimStart();
  for (let n = 0; !rest.startsWith('}'); n++) {
    const name = LABEL.exec(rest)?.[0];
    if (name === undefined || n === LABELS_MAX || Object.hasOwn(labels, name)) throw unreadable(line);
    rest = rest.slice(name.length).trimStart();
    if (!rest.startsWith('=')) throw unreadable(line);
    rest = rest.slice(1).trimStart();
    const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(rest);
    if (quoted === null) throw unreadable(line);
    labels[name] = unescaped(quoted[1] as string);
    rest = rest.slice(quoted[0].length).trimStart();
    if (rest.startsWith(',')) rest = rest.slice(1).trimStart();
    else if (!rest.startsWith('}')) throw unreadable(line);
  }
  return { labels, after: rest.slice(1) };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

function numberOf(text: string): number {
  if (/inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /nan/i.test(text) ? Number.NaN : Number(text);
}

function unreadable(line: string): NotExposition {
  return new NotExposition(`cannot read the line ${JSON.stringify(line.slice(0, 200))}`);
}
