/** One element of an answer of S3: its text, or the elements in it. */
export interface Element {
  readonly name: string;
  readonly text: string;
  readonly children: readonly Element[];
}

interface Open {
  readonly name: string;
  text: string;
  readonly children: Element[];
}

const DEPTH_MAX = 20;
const TOKEN = /<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s[^<>]*?)?)(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Reads the XML that S3 answers: elements, text and the five entities. Attributes are skipped; comments, CDATA and document types
 * never stand in such an answer and are refused, and with them all that makes XML dangerous. Null for anything else.
 */
export function parseXml(text: string): Element | null {
  const root: Open = { name: '', text: '', children: [] };
  const open: Open[] = [root];
  const token = new RegExp(TOKEN);
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    const top = open.at(-1);
    if (match === null || top === undefined) return null;
    const [, closing, name, , selfClosing, chars] = match;
    if (chars !== undefined) {
      const decoded = withoutEntities(chars);
      if (decoded === null) return null;
      top.text += decoded;
    } else if (name !== undefined && closing === '/') {
      if (open.length < 2 || top.name !== name) return null;
      open.pop();
      open.at(-1)?.children.push(top);
    } else if (name !== undefined) {
      const element: Open = { name, text: '', children: [] };
      if (selfClosing === '/') top.children.push(element);
      else if (open.length > DEPTH_MAX) return null;
      else open.push(element);
    }
  }
  const [only, ...more] = root.children;
  return open.length === 1 && more.length === 0 && root.text.trim() === '' ? (only ?? null) : null;
}

/** The text of a child element; undefined where there is none. */
export function textIn(element: Element, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

function withoutEntities(chars: string): string | null {
  let isSound = true;
  const text = chars.replace(/&([^;&]*);?/g, (whole, name: string) => {
    const code = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
    const point =
      code === null ? Number.NaN : Number.parseInt(code[1] ?? (code[2] as string), code[1] === undefined ? 10 : 16);
    const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    const value = known ?? (point <= 0x10_ff_ff ? String.fromCodePoint(point) : undefined);
    if (value === undefined || !whole.endsWith(';')) isSound = false;
    return value ?? '';
  });
  return isSound ? text : null;
}
