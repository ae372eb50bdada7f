"""Independent computation of the baselines of gauges and latencies (statistics 5.6 b, 6.1 to 6.3): prints the numbers of baselines.test.ts."""
from math import exp, log, sqrt

import numpy as np
from scipy.stats import norm

BOUNDS = np.array([0.1, 0.2, 0.3, 0.5, 1.0])


def numbers(seed):
    x = seed
    while True:
        x = (x * 16807) % 2147483647
        yield x


def series(n, block):
    """Values around 0.5, with blocks that are half as large again, one outlier and every 17th missing."""
    g = numbers(7)
    out = []
    for t in range(n):
        v = (0.4 + (next(g) % 200) / 1000) * (1.5 if (t // block) % 2 else 1)
        out.append(None if t % 17 == 16 else 900 if t == 5 else v)
    return out


def histograms(n, block):
    g = numbers(3)
    out = []
    for t in range(n):
        up = 6 if (t // block) % 2 else 0
        out.append([3 + next(g) % 5, 10 + next(g) % 9, 8 + next(g) % 7, 3 + next(g) % 5 + up, next(g) % 3 + up // 3, next(g) % 2])
    return np.array(out, float)


def long_run(r):
    """n times the long-run variance, as a quadratic form with a banded matrix of Bartlett weights."""
    n = len(r)
    band = min(60, max(8, round(n / 12)), n - 1)
    lag = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return float(r @ np.maximum(0, 1 - lag / (band + 1)) @ r)


def values(raw, interval_s, take_log=True):
    y = np.array([np.nan if v is None else log(v) if take_log else v for v in raw])
    known = y[~np.isnan(y)]
    med = np.median(known)
    width = 4 * 1.4826 * np.median(np.abs(known - med))
    y = np.clip(y, med - width, med + width)
    m = len(known)
    mean = np.nanmean(y)
    r = np.where(np.isnan(y), 0, y - mean)
    plain, lrv = (r @ r) / m, long_run(r) / m
    k = 1.25 if len(raw) * interval_s >= 21600 else 1.5
    return m, mean, k * max(plain, lrv), sqrt(plain)


def phi(residuals, variance, length_s):
    estimate = long_run(residuals) / variance
    return max(1, 1 + (1.25 if length_s >= 21600 else 1.5) * (estimate - 1))


def shifted(counts, c):
    p = (counts + 0.5) / (counts + 0.5).sum()
    z = norm.ppf(np.clip(np.cumsum(p)[:-1], 1e-9, 1 - 1e-9))
    knots = np.log(BOUNDS)
    x = knots - log(c)
    slope = (z[1] - z[0]) / (knots[1] - knots[0])
    at = np.where(x < knots[0], z[0] + slope * (x - knots[0]), np.interp(x, knots, z))
    share = np.maximum(0, np.diff(np.concatenate([[0], norm.cdf(at), [1]]))) + 1e-9
    return share / share.sum()


def histogram(rows, interval_s):
    total = rows.sum(axis=0)
    tails = []
    for i in range(len(BOUNDS)):
        f, n = rows[:, i + 1:].sum(axis=1), rows.sum(axis=1)
        tails.append(phi(f - f.sum() / n.sum() * n, f.sum(), len(rows) * interval_s))
    p = (total + 0.5) / (total + 0.5).sum()
    c0 = 1.05 * exp(1.645 * 0.03)
    scores = []
    for g in (1.1, 1.25, 1.5, 2, 3):
        a, b = shifted(total, c0 * g), shifted(total, c0)
        s = np.clip(np.maximum.accumulate(np.log(a / b)), -3, 3)
        s = s - log((b * np.exp(s)).sum())
        mean, n = (p * s).sum(), rows.sum(axis=1)
        scores.append(phi(rows @ s - mean * n, ((p * s * s).sum() - mean ** 2) * n.sum(), len(rows) * interval_s))
    return tails, scores


for n, block, seconds in ((240, 20, 15), (48, 6, 60), (400, 30, 60)):
    print('values', n, block, seconds, *values(series(n, block), seconds))
print('values as they are', *values(series(240, 20), 15, False))
for n, block, seconds in ((240, 24, 15), (120, 20, 60)):
    t, s = histogram(histograms(n, block), seconds)
    print('histogram', n, block, seconds, 'tails', *t, 'scores', *s)
g = numbers(21)
a = [(20 + next(g) % 30, 2000, 20 + next(g) % 40, 2100) for _ in range(9)]
d = [log(y / f / (x / e)) for x, e, y, f in a]
print('drift', sqrt(max(0, np.var(d, ddof=1) - np.mean([1.1 * (1 / x + 1 / y) for x, _, y, _ in a]))))
g = numbers(21)
wide = [(20 + next(g) % 300, 2000, 20 + next(g) % 400, 2100) for _ in range(9)]
d = [log(y / f / (x / e)) for x, e, y, f in wide]
print('drift wide', sqrt(max(0, np.var(d, ddof=1) - np.mean([1.1 * (1 / x + 1 / y) for x, _, y, _ in wide]))))
for z in (-7, -3.2, -1, 0, 0.37, 2.9, 5):
    print('normal', z, norm.cdf(z))
mids = np.log(np.array([0.1 / sqrt(2), sqrt(0.02), sqrt(0.06), sqrt(0.15), sqrt(0.5), sqrt(2)]))
def moments(c):
    m = (c * mids).sum() / c.sum()
    return m, (c * (mids - m) ** 2).sum() / c.sum(), c.sum()
one, two = moments(np.array([10, 60, 50, 30, 10, 5.0])), moments(np.array([8, 50, 60, 40, 14, 7.0]))
print('latency pair', two[0] - one[0], 1.3 * (one[1] / one[2] + two[1] / two[2]))
