/** How a version of the shop behaves: shares of orders that go wrong, and how long stock takes to follow. */
export interface Behaviour {
  /** Web orders whose payment ends in an error. */
  readonly webFailed: number;
  /** Web orders whose payment never ends. */
  readonly webStuck: number;
  /** Till orders that arrive long after they were paid. */
  readonly posLate: number;
  /** Till orders whose payments do not add up. */
  readonly posMismatch: number;
  /** Till orders that the server refuses; they leave a hole in the ids. */
  readonly posRefused: number;
  readonly stockDelayMsMin: number;
  readonly stockDelayMsMax: number;
}

/** Three web payments in a hundred fail on a good day, and three till orders in two hundred arrive late or broken. */
export const GOOD: Behaviour = {
  webFailed: 0.027,
  webStuck: 0.003,
  posLate: 0.008,
  posMismatch: 0.003,
  posRefused: 0.004,
  stockDelayMsMin: 300,
  stockDelayMsMax: 1800,
};

/** What can be wrong with a version. */
export const FAULTS = {
  /** Tills lose their sync eight times as often, and the checkout falls to 85 %. */
  'bad-pos': { ...GOOD, posLate: 0.06, posMismatch: 0.03, posRefused: 0.03, webFailed: 0.12, webStuck: 0.03 },
  /** Only the checkout suffers. */
  'bad-checkout': { ...GOOD, webFailed: 0.15, webStuck: 0.03 },
  /** Sales go well, the stock follows half a minute later. */
  'slow-stock': { ...GOOD, stockDelayMsMin: 20_000, stockDelayMsMax: 45_000 },
} as const satisfies Record<string, Behaviour>;

export type Fault = keyof typeof FAULTS;

/** Whether a text names a fault. */
export function isFault(text: string): text is Fault {
  return Object.hasOwn(FAULTS, text);
}

/**
 * What is wrong with a version: listed ones as the catalogue says, others by their suffix (`2.5.0-bad-pos`).
 * Anything else is a good version.
 */
export function faultOf(version: string, catalogue: Readonly<Record<string, Fault>>): Fault | null {
  const listed = Object.hasOwn(catalogue, version) ? catalogue[version] : undefined;
  if (listed !== undefined) return listed;
  const suffix = (Object.keys(FAULTS) as Fault[]).find((fault) => version.endsWith(`-${fault}`));
  return suffix ?? null;
}

/** A version that serves this share of the traffic. */
export interface Served {
  readonly version: string;
  readonly share: number;
}

/**
 * How the shop as a whole behaves: good, plus each fault by the share of traffic that meets it.
 * Several components with the same fault do not add up beyond it; stock is as slow as the slowest.
 */
export function behaviourOf(
  served: readonly Served[],
  catalogue: Readonly<Record<string, Fault>>,
  injected: Fault | null,
): Behaviour {
  const shares = new Map<Fault, number>();
  for (const { version, share } of served) {
    const fault = faultOf(version, catalogue);
    if (fault !== null) shares.set(fault, Math.max(shares.get(fault) ?? 0, share));
  }
  if (injected !== null) shares.set(injected, 1);
  return [...shares].reduce((behaviour, [fault, share]) => worse(behaviour, FAULTS[fault], share), GOOD);
}

function worse(now: Behaviour, bad: Behaviour, share: number): Behaviour {
  const mixed = (key: keyof Behaviour) => Math.max(now[key], GOOD[key] + (bad[key] - GOOD[key]) * share);
  return {
    webFailed: mixed('webFailed'),
    webStuck: mixed('webStuck'),
    posLate: mixed('posLate'),
    posMismatch: mixed('posMismatch'),
    posRefused: mixed('posRefused'),
    stockDelayMsMin: mixed('stockDelayMsMin'),
    stockDelayMsMax: mixed('stockDelayMsMax'),
  };
}
