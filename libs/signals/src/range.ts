/** E[(max − min)²] of n independent standard normal values, by numerical integration (reference/range.py). */
const MEAN_SQUARED_RANGE: readonly (readonly [n: number, squared: number])[] = [
  [2, 2],
  [3, 3.653987],
  [4, 5.012517],
  [5, 6.156583],
  [6, 7.142419],
  [8, 8.778675],
  [10, 10.10633],
  [12, 11.223559],
  [15, 12.625438],
  [20, 14.480836],
  [30, 17.171272],
  [60, 21.92445],
  [120, 26.815518],
  [240, 31.80302],
];

/** What the squared range of n normal values is in variances of one; between the known numbers on straight lines of ln n. */
export function meanSquaredRange(n: number): number {
  const at = MEAN_SQUARED_RANGE.findIndex(([known]) => known >= n);
  const last = MEAN_SQUARED_RANGE.length - 1;
  const right = at === -1 ? last : Math.max(1, at);
  const [n0, r0] = MEAN_SQUARED_RANGE[right - 1] as readonly [number, number];
  const [n1, r1] = MEAN_SQUARED_RANGE[right] as readonly [number, number];
  return r0 + ((r1 - r0) * Math.log(n / n0)) / Math.log(n1 / n0);
}
