/** A number as people read it: at most three significant digits, thousands grouped, never an exponent. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3;
  const text = value.toLocaleString('en-GB', { maximumFractionDigits: digits, useGrouping: true });
  return text === '-0' ? '0' : text;
}

/** Units whose values are fractions of one and read as per cent. */
const FRACTIONS = new Set(['ratio', 'fraction', 'proportion', '1']);

/** A value with its unit, as a label of a chart or a sentence has it. */
export function withUnit(value: number, unit: string): string {
  if (FRACTIONS.has(unit)) return `${plain(value * 100)} %`;
  if (unit === 'seconds' || unit === 's') return seconds(value);
  if (unit === 'milliseconds' || unit === 'ms') return seconds(value / 1000);
  return unit === '' ? plain(value) : `${plain(value)} ${unit}`;
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 1) return `${plain(value * 1000)} ms`;
  return size < 120 ? `${plain(value)} s` : `${plain(value / 60)} min`;
}
