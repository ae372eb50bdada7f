import { invariant } from '@parapet/kernel';

/** ln Σ exp(xᵢ) without leaving the range of a double; −∞ for no terms. */
export function logSumExp(terms: readonly number[]): number {
  const largest = terms.reduce((max, term) => Math.max(max, term), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
}

/** Evidence is finite for all finite inputs; anything else is a defect and never a verdict. */
export function finite(value: number, what: string): number {
  invariant(Number.isFinite(value), `${what} is ${value}`);
  return value;
}

/** ln of the mean of e-values of which the logarithms are given; of none it is 0, an e-value of 1. */
export function logMeanExp(terms: readonly number[]): number {
  return terms.length === 0 ? 0 : logSumExp(terms) - Math.log(terms.length);
}
