/** 64-bit FNV-1a: offset basis and prime, as four 16-bit limbs from the lowest. */
const BASIS = [0x2325, 0x8422, 0x9ce4, 0xcbf2] as const;
/** The prime is 2^40 + 0x1b3: two limbs of it are zero. */
const PRIME_LOW = 0x01b3;
const PRIME_HIGH = 0x0100;
const SEPARATOR = 0xff;

/**
 * The fingerprint that Alertmanager and Prometheus give a set of labels: names sorted by bytes, each name and each value
 * followed by a byte that no UTF-8 text holds, so that neither can run into the other.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let [a, b, c, d]: [number, number, number, number] = [...BASIS];
  const mix = (byte: number): void => {
    a ^= byte;
    const low = a * PRIME_LOW;
    const second = b * PRIME_LOW + (low >>> 16);
    const third = c * PRIME_LOW + a * PRIME_HIGH + (second >>> 16);
    const fourth = d * PRIME_LOW + b * PRIME_HIGH + Math.floor(third / 0x10000);
    a = low & 0xffff;
    b = second & 0xffff;
    c = third & 0xffff;
    d = fourth & 0xffff;
  };
  const mixText = (text: string): void => {
    for (const byte of Buffer.from(text, 'utf8')) mix(byte);
    mix(SEPARATOR);
  };
  for (const name of Object.keys(labels).sort(byBytes)) {
    mixText(name);
    mixText(labels[name] as string);
  }
  return [d, c, b, a].map((limb) => limb.toString(16).padStart(4, '0')).join('');
}

/** Go compares texts by bytes; UTF-16 order differs from it beyond the basic plane. */
function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left, 'utf8'), Buffer.from(right, 'utf8'));
}
