import { unreachable } from '@parapet/kernel';

/** A number as people read it: about three significant digits, thousands grouped, never an exponent. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3;
  const text = value.toLocaleString('en-GB', { maximumFractionDigits: digits, useGrouping: true });
  return text === '-0' ? '0' : text;
}

/** What a number of a chart is: a share of one, units per second, or a value. */
export type Form = 'share' | 'rate' | 'value';

/** A number with its unit: shares as per cent, rates by the minute, times in a unit that fits. */
export function withUnit(value: number, unit: string, form: Form): string {
  switch (form) {
    case 'share':
      return `${plain(value * 100)} %`;
    case 'rate':
      return `${plain(value * 60)}${unit === '' ? '' : ` ${unit}`}/min`;
    case 'value':
      return valueWithUnit(value, unit);
    default:
      return unreachable(form);
  }
}

/** The same for an axis, where the unit would only repeat itself. */
export function axisLabel(value: number, unit: string, form: Form): string {
  if (form === 'rate') return plain(value * 60);
  return form === 'value' && !TIMES.has(unit) ? plain(value) : withUnit(value, unit, form);
}

const TIMES: ReadonlyMap<string, number> = new Map([
  ['seconds', 1],
  ['s', 1],
  ['milliseconds', 0.001],
  ['ms', 0.001],
]);

function valueWithUnit(value: number, unit: string): string {
  const inSeconds = TIMES.get(unit);
  if (inSeconds !== undefined) return seconds(value * inSeconds);
  return unit === '' ? plain(value) : `${plain(value)} ${unit}`;
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 1) return `${plain(value * 1000)} ms`;
  return size < 120 ? `${plain(value)} s` : `${plain(value / 60)} min`;
}
