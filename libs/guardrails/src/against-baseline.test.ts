import { describe, expect, it } from '@jest/globals';
import { againstBaseline } from './against-baseline.js';

describe('an interval of counts', () => {
  const kernel = (phi: number, intervalExposure?: number) =>
    againstBaseline({
      baselineEvents: 100,
      baselineExposure: 10_000,
      worseBy: 0.1,
      unacceptable: 3,
      drift: 0.1,
      phi,
      bad: 'more',
      ...(intervalExposure === undefined ? {} : { intervalExposure }),
    });

  it.each<[string, number, number | undefined, number, number]>([
    ['as usual counts whole', 5, 100, 100, 1],
    ['quieter than usual counts whole', 5, 100, 10, 1],
    // φ is 1 + 4·5 where there is five times the traffic, and a quarter more for each time as was not seen before.
    ['of a rush counts by how much more its noise is', 5, 100, 500, 5 / (21 + 1)],
    ['of a rush counts less even where history showed nothing but chance', 1, 100, 500, 1 / (1 + 1)],
    ['counts whole where the usual is not known', 5, undefined, 500, 1],
  ])('%s', (_what, phi, usual, exposure, share) => {
    expect(kernel(phi, usual).share?.(exposure)).toBeCloseTo(share, 12);
  });
});
