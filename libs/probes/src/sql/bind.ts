/** Replaces `:name` by `$1`, `$2`, … and lines the values up; values never enter the text. */
export function bind(text: string, parameters: Readonly<Record<string, unknown>>): { text: string; values: unknown[] } {
  const names: string[] = [];
  const bound = text.replace(/(?<!:):([a-z_]+)/g, (_, name: string) => {
    if (!(name in parameters)) throw new Error(`no value for :${name}`);
    const known = names.indexOf(name);
    return `$${known >= 0 ? known + 1 : names.push(name)}`;
  });
  return { text: bound, values: names.map((name) => parameters[name]) };
}
