import { invariant } from '@parapet/kernel';

/** From here on Stirling's series below is exact to the last digits of a double. */
const STIRLING_FROM = 15;
/** B₂ₖ / (2k (2k − 1)), k = 1 … 6. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360] as const;

/** ln Γ(x) of a positive x. */
export function logGamma(x: number): number {
  invariant(x > 0, `the logarithm of the gamma function is asked for at ${x}`);
  // Γ(x) = Γ(x + n) / (x (x + 1) … (x + n − 1)); the product stays far within a double.
  let product = 1;
  let large = x;
  while (large < STIRLING_FROM) {
    product *= large;
    large += 1;
  }
  const square = large * large;
  let power = 1 / large;
  let series = 0;
  for (const coefficient of STIRLING) {
    series += coefficient * power;
    power /= square;
  }
  return (large - 0.5) * Math.log(large) - large + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** ln B(a, b) of positive a and b. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
