"""Independent computation of how two arms divide their events (statistics 6.1 between arms): prints the numbers of arms-dispersion.test.ts."""
from math import sqrt

import numpy as np
from scipy.stats import binom


def numbers(seed):
    x = seed
    while True:
        x = (x * 16807) % 2147483647
        yield x


def long_run(r):
    """n times the long-run variance, as a quadratic form with a banded matrix of Bartlett weights."""
    n = len(r)
    band = min(60, max(8, round(n / 12)), n - 1)
    lag = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return float(r @ np.maximum(0, 1 - lag / (band + 1)) @ r)


def minutes(n, block):
    """Both arms' events and exposure; the watched one fails twice as often, and in every other block half as much again."""
    g = numbers(11)
    rows = []
    for t in range(n):
        up = 3 if (t // block) % 2 else 0
        rows.append((4 + next(g) % 5 + up, 100 + next(g) % 20, 8 + next(g) % 9, 400 + next(g) % 50) if t % 13 != 12 else (0, 0, 9, 400))
    return np.array(rows, float)


def dispersion(rows, length_s):
    x1, n1, x0, n0 = rows.T
    both = (n1 > 0) & (n0 > 0)
    ratio = x1.sum() / n1.sum() / (x0.sum() / n0.sum())
    q = np.where(both, ratio * n1 / np.where(both, ratio * n1 + n0, 1), 0)
    k = np.where(both, x1 + x0, 0)
    residuals = np.where(both, x1 - binom.mean(k, q), 0)
    variance = binom.var(k, q)[both].sum()
    estimate = long_run(residuals) / variance
    return max(1, 1 + (1.25 if length_s >= 21600 else 1.5) * (estimate - 1))


def ratio(rows, phi):
    x1, n1, x0, n0 = rows.sum(axis=0)
    odds = (x1 + 0.5) / (x0 + 0.5)
    return odds / (n1 / n0), sqrt(phi / (x1 + 0.5) + phi / (x0 + 0.5))


if __name__ == '__main__':
    for n, block in [(120, 15), (480, 30)]:
        rows = minutes(n, block)
        phi = dispersion(rows, n * 60)
        print(n, block, 'dispersion', phi, 'ratio', *ratio(rows, phi))
