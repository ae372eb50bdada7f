"""Independent computation of the e-detector (statistics 8) and of e-BH: prints the numbers of detector.test.ts and of attribution.

R is computed from its definition, the sum over all beginnings of the product of the likelihood ratios since, not by its recursion.
"""
from math import log

import numpy as np
from scipy.stats import binom, poisson

from between_arms import gain

GRID = [1.25, 1.5, 2, 3, 5, 10]


def detector(gains):
    """gains: intervals x grid; the mean over the grid of R after each interval."""
    gains = np.array(gains)
    return [float(np.mean(sum(np.exp(gains[begin : now + 1].sum(axis=0)) for begin in range(now + 1)))) for now in range(len(gains))]


def rate_gains(x, n, limit, phi):
    return [float(poisson.logpmf(x, g * limit * n) - poisson.logpmf(x, limit * n)) / phi for g in GRID]


def proportion_gains(x, n, limit, phi):
    tilted = lambda g: g * limit / (1 - limit + g * limit)
    return [float(binom.logpmf(x, n, tilted(g)) - binom.logpmf(x, n, limit)) / phi for g in GRID]


def arms_gains(x1, n1, x0, n0, rho0, phi):
    return [gain(x1, n1, x0, n0, rho0, rho0 * g, phi) for g in GRID]


def e_bh(evidence, q):
    """Indices rejected: the largest k such that at least k e-values are at least m / (k q), found by trying every k."""
    e = np.exp(np.array(evidence, dtype=np.longdouble))
    m = len(e)
    ks = [k for k in range(1, m + 1) if np.sum(e >= m / (k * q)) >= k]
    if not ks:
        return []
    return [i for i in np.argsort(-e, kind='stable')[: max(ks)].tolist()]


if __name__ == '__main__':
    counts = [(0, 25), (1, 25), (0, 25), (2, 25), (3, 25), (1, 25), (4, 25)]
    print('rate', detector([rate_gains(x, n, 0.02, 1.0) for x, n in counts]))
    print('proportion', detector([proportion_gains(x, n, 0.02, 1.2) for x, n in counts]))
    arms = [(0, 25, 1, 100), (1, 25, 0, 100), (2, 30, 2, 90), (3, 25, 1, 100), (0, 25, 3, 100), (4, 25, 2, 100)]
    print('arms', detector([arms_gains(*a, 1.1, 1.25) for a in arms]))
    for evidence, q in [
        ([], 0.05),
        ([0, 0, 0], 0.05),
        ([log(60.1), 0, 0], 0.05),
        ([log(59.9), 0, 0], 0.05),
        ([log(31), log(30.5), 0], 0.05),
        ([log(31), log(29.9), 0], 0.05),
        ([log(20.1), log(20.2), log(20.3)], 0.05),
        ([800, 5, 2, -3, -700], 0.1),
        ([log(70), log(26), log(20), log(10)], 0.05),
    ]:
        print('e-BH', [round(e, 4) for e in evidence], q, e_bh(evidence, q))
