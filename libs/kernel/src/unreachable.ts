/** Marks the end of a `switch` over a union: a new member fails the build here, a malformed value throws. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** Throws when something the code relies on does not hold; never swallowed, always a defect or a broken outside promise. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
