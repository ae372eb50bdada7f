"""Independent computation of the e-detector (statistics 8): prints the numbers of detector.test.ts.

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


if __name__ == '__main__':
    counts = [(0, 25), (1, 25), (0, 25), (2, 25), (3, 25), (1, 25), (4, 25)]
    print('rate', detector([rate_gains(x, n, 0.02, 1.0) for x, n in counts]))
    print('proportion', detector([proportion_gains(x, n, 0.02, 1.2) for x, n in counts]))
    arms = [(0, 25, 1, 100), (1, 25, 0, 100), (2, 30, 2, 90), (3, 25, 1, 100), (0, 25, 3, 100), (4, 25, 2, 100)]
    print('arms', detector([arms_gains(*a, 1.1, 1.25) for a in arms]))
