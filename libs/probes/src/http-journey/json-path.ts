/** A place such as `result.lines[0].id` as its steps. */
function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
}

/** What stands at a place of a JSON document; undefined where there is no such place. */
export function valueAtPath(document: unknown, path: string): unknown {
  let at = document;
  for (const step of stepsOf(path)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** A copy of a JSON document with a value at a place; maps that are not there yet are made. */
export function withValueAt(document: unknown, path: string, value: unknown): unknown {
  const place = (at: unknown, [step, ...rest]: (string | number)[]): unknown => {
    if (step === undefined) return value;
    if (typeof step === 'number') {
      const list = Array.isArray(at) ? [...(at as unknown[])] : [];
      list[step] = place(list[step], rest);
      return list;
    }
    const map = typeof at === 'object' && at !== null ? at : {};
    const inner: unknown = Object.hasOwn(map, step) ? (map as Record<string, unknown>)[step] : undefined;
    // Entries, not a spread with a computed key: a place named __proto__ is only a place.
    return Object.fromEntries([...Object.entries(map).filter(([key]) => key !== step), [step, place(inner, rest)]]);
  };
  return place(document, stepsOf(path));
}
