"""Independent computation of the tests of gauges and of latency histograms, from the formulas alone: prints the numbers of latency.test.ts."""
from math import exp, inf, log

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

ALPHA, WATCH, STEP, ANCHOR, ANCHORS = 0.01, 240, 15, 300, 12
WEIGHTS = np.array([0.5] + [0.5 / 11] * 11)
BASE = log(1 / ALPHA) + log(2)
BOUNDS = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2.0])
THEN = np.array([30, 410, 900, 1020, 1290, 610, 420, 110, 60, 30, 10])
OTHER = np.array([40, 500, 870, 930, 1150, 640, 480, 170, 90, 40, 20])
PHI_TAIL, PHI_SCORE = 1.4, 1.6
GRID_TAIL, GRID_SHIFT, GRID_VALUE = [1.25, 1.5, 2, 3, 5], [1.1, 1.25, 1.5, 2, 3], [1.1, 1.25, 1.5, 2, 3]


def numbers(seed):
    x = seed
    while True:
        x = (x * 16807) % 2147483647
        yield x


def histograms(n, slower_from):
    """n intervals of about 40 requests: the shape of THEN, three quarters of every bucket moved up by one from an interval on."""
    g = numbers(11)
    out = []
    for t in range(n):
        row = [int(c * (30 + next(g) % 20) / 4890 + (next(g) % 100) / 100) for c in THEN]
        if t >= slower_from:
            moved = [c * 3 // 4 for c in row[:-1]]
            row = [c - (moved[i] if i < 10 else 0) + (moved[i - 1] if i > 0 else 0) for i, c in enumerate(row)]
        out.append(row)
    return np.array(out)


def tail_bounds(counts):
    upto = np.cumsum(counts)[:-1] / counts.sum()
    chosen = []
    for q in (0.75, 0.9, 0.95, 0.99):
        i = int(np.argmin(np.abs(upto - q)))
        if i not in chosen and 0.003 <= 1 - upto[i] <= 0.35:
            chosen.append(i)
    return chosen


def shifted(counts, c):
    p = (counts + 0.5) / (counts + 0.5).sum()
    z = norm.ppf(np.clip(np.cumsum(p)[:-1], 1e-9, 1 - 1e-9))
    x = np.log(BOUNDS) - log(c)
    knots = np.log(BOUNDS)
    slope = (z[1] - z[0]) / (knots[1] - knots[0])
    at = np.where(x < knots[0], z[0] + slope * (x - knots[0]), np.interp(x, knots, z))
    cdf = np.append(norm.cdf(at), 1)
    share = np.maximum(0, np.diff(np.concatenate([[0], cdf]))) + 1e-9
    return share / share.sum()


def scores(counts, c0, c):
    a, b = shifted(counts, c), shifted(counts, c0)
    s = np.clip(np.maximum.accumulate(np.log(a / b)), -3, 3)
    return s - log((b * np.exp(s)).sum())


def anchors_of(t):
    return min(ANCHORS - 1, (t * STEP) // ANCHOR)


def mixture(per_interval, kernel):
    """per_interval: what interval t adds, a vector; kernel: sums since an anchor to a list of (weight, ln LR)."""
    total = 0
    for a in range(ANCHORS):
        mine = [v for t, v in per_interval if anchors_of(t) >= a]
        if not mine:
            total += WEIGHTS[a]
            continue
        total += WEIGHTS[a] * sum(w * exp(l) for w, l in kernel(np.sum(mine, axis=0)))
    return log(total)


def tail_lr(s, n, x0, e0, rho0, rho, a, phi):
    q = lambda r: r * n / (r * n + e0)
    exact = s * log(q(rho) / q(rho0)) + x0 * log((1 - q(rho)) / (1 - q(rho0)))
    return (exact + a * log((rho0 * n + e0) / (rho * n + e0))) / phi


def tolerated_tails(then, tails, as_rates, c):
    # What is tolerated of a tail: that of rates, and at least what everything being c times slower does to it.
    moved, still = shifted(then, c), shifted(then, 1)
    return [max(as_rates, moved[i + 1:].sum() / still[i + 1:].sum()) for i in tails]


def history(then, stream, m=0.05, tau=0.03, tail_tau=0.1, settle=8):
    n0 = then.sum()
    tails = tail_bounds(then)
    x0 = [then[i + 1:].sum() for i in tails]
    c0 = (1 + m) * exp(1.645 * tau)
    rho0 = tolerated_tails(then, tails, 1.1 * exp(1.645 * tail_tau), c0)
    ss = [scores(then, c0, c0 * g) for g in GRID_SHIFT]
    l_tail = BASE + log(5) + log(2 * len(tails))
    l_shift = BASE + log(5) + log(2)

    def capped(row):
        n = row.sum()
        v = [n]
        for j, i in enumerate(tails):
            mu = (x0[j] + 1) / n0 * n
            top = min((PHI_TAIL * l_tail / 3 + mu * rho0[j] * (g - 1)) / log(g) for g in GRID_TAIL)
            v.append(min(row[i + 1:].sum(), max(1, top)))
        for s in ss:
            v.append(min((row * s).sum(), PHI_SCORE * l_shift / 3))
        return np.array(v, float)

    def kernel(v):
        n, k = v[0], len(tails)
        out = []
        for j in range(k):
            for g in GRID_TAIL:
                out.append((0.5 / k / 5, tail_lr(v[1 + j], n, x0[j], n0, rho0[j], rho0[j] * g, 1, PHI_TAIL)))
        for i in range(5):
            out.append((0.5 / 5, v[1 + k + i] / PHI_SCORE * n0 / (n0 + n)))
        return out

    intervals = [(t, capped(row)) for t, row in enumerate(stream) if t >= settle]
    evidence = mixture(intervals, kernel)
    whole = np.sum([row for t, row in enumerate(stream) if t >= settle], axis=0)
    accept = [tail_lr(whole[i + 1:].sum(), whole.sum(), x0[j], n0, 2, 1, 0, PHI_TAIL) for j, i in enumerate(tails)]
    return evidence, logsumexp(accept) - log(len(accept))


def control(then, stream, other, m=0.05, settle=8, phi=1.25):
    tails = tail_bounds(then)
    tolerated = tolerated_tails(then, tails, 1.1, 1 + m)
    need = BASE + log(5) + log(len(tails))

    def parts(row, ctl):
        n1, n0 = row.sum(), ctl.sum()
        v = []
        for i, rho0 in zip(tails, tolerated):
            x1, x0 = row[i + 1:].sum(), ctl[i + 1:].sum()
            q = lambda r: r * n1 / (r * n1 + n0)
            tops = []
            for g in GRID_TAIL:
                up, down = log(q(rho0 * g) / q(rho0)), log((1 - q(rho0 * g)) / (1 - q(rho0)))
                tops.append((phi * need / 3 - x0 * down) / up)
            x = min(x1, max(1, min(tops)))
            for g in GRID_TAIL:
                up, down = log(q(rho0 * g) / q(rho0)), log((1 - q(rho0 * g)) / (1 - q(rho0)))
                v.append((x * up + x0 * down) / phi)
        return np.array(v)

    both = [(t, parts(r, c)) for t, (r, c) in enumerate(zip(stream, other)) if t >= settle and r.sum() and c.sum()]
    evidence = mixture(both, lambda v: [(1 / len(v), l) for l in v])
    accept = np.zeros(len(tails))
    for t, (r, c) in enumerate(zip(stream, other)):
        if t < settle:
            continue
        n1, n0 = r.sum(), c.sum()
        for j, i in enumerate(tails):
            q = lambda k: k * n1 / (k * n1 + n0)
            x1, x0 = r[i + 1:].sum(), c[i + 1:].sum()
            accept[j] += (x1 * log(q(1) / q(2)) + x0 * log((1 - q(1)) / (1 - q(2)))) / phi
    return evidence, logsumexp(accept) - log(len(accept))


def gauge(values, mu, m, s2, sd, d0, shifts, bad, settle=8, sign=1):
    """values: transformed, one per interval, None if missing; mu: the reference; shifts, bad: on the scale of the values."""
    need = BASE + log(5)
    top = min((d + d0) / 2 + s2 * need / (3 * (d - d0)) for d in shifts)
    dev = [(t, sign * (y - mu)) for t, y in enumerate(values) if y is not None and t >= settle]

    def lr(total, n, d0, d):
        ne = n if m == inf else n * m / (n + m)
        return ne * (d - d0) * (total / n - (d + d0) / 2) / s2

    evidence = mixture([(t, np.array([1, max(-4 * sd, min(x, top))])) for t, x in dev],
                       lambda v: [(1 / 5, lr(v[1], v[0], d0, d)) for d in shifts])
    accept = lr(sum(max(-4 * sd, x) for _, x in dev), len(dev), bad, 0)
    return evidence, accept


def series(n, base, up_from, times):
    g = numbers(5)
    return [base * (0.8 + (next(g) % 400) / 1000) * (times if t >= up_from else 1) for t in range(n)]


if __name__ == '__main__':
    print('tails', tail_bounds(THEN), tail_bounds(OTHER))
    c0 = 1.05 * exp(1.645 * 0.03)
    print('tolerated', *tolerated_tails(THEN, tail_bounds(THEN), 1.1 * exp(1.645 * 0.1), c0))
    print('shares x1.5', *(shifted(THEN, 1.5)))
    print('scores x1.1', *(scores(THEN, c0, c0 * 1.1)))
    print('scores x3', *(scores(THEN, c0, c0 * 3)))
    for name, n, since in (('quiet', 100, 999), ('slower', 100, 0), ('slower late', 100, 60)):
        h = histograms(n, since)
        print('history', name, *history(THEN, h), 'other window', *history(OTHER, h))
    quiet, slow = histograms(100, 999), histograms(100, 0)
    print('control same', *control(THEN, quiet, quiet * 4))
    print('control slower', *control(THEN, slow, quiet * 4))
    burst = histograms(40, 999)
    burst[20] = [0] * 10 + [400]
    print('history burst', *history(THEN, burst))
    print('control burst', *control(THEN, burst, histograms(40, 999)))
    d0 = log(1.05) + 1.645 * 0.03
    grid = [d0 + log(g) for g in GRID_VALUE]
    for name, since, times in (('quiet', 999, 1), ('slower', 0, 1.3), ('late', 60, 1.5), ('spike', 0, 1)):
        v = series(100, 0.9, since, times)
        if name == 'spike':
            v[50] = 900
        y = [log(x) for x in v]
        print('gauge history', name, *gauge(y, log(0.88), 240, 0.05, 0.15, d0, grid, log(1.5)))
    y = [log(x) for x in series(100, 0.9, 0, 1.3)]
    lim = [log(g) for g in GRID_VALUE]
    print('gauge limit', *gauge(y, log(0.95), inf, 0.05, 0.15, 0, lim, log(1.5)))
    low = [log(x) for x in series(100, 0.9, 0, 1 / 1.3)]
    print('gauge low', *gauge(low, log(0.88), 240, 0.05, 0.15, d0, grid, log(1.5), sign=-1))
    rho = 1.1 * exp(1.645 * 0.05)
    plain = series(100, 40, 0, 1.4)
    print('gauge plain', *gauge(plain, 39.0, 240, 60.0, 6.5, 39 * (rho - 1), [39 * (rho * g - 1) for g in GRID_VALUE], 39 * 2.0))
    plain = series(100, 40, 0, 0.7)
    print('gauge plain low', *gauge(plain, 39.0, 240, 60.0, 6.5, 39 * (1 - 1 / rho), [39 * (1 - 1 / rho / g) for g in GRID_VALUE], 39 * (1 - 1 / 3), sign=-1))
    own, ctl = series(100, 0.9, 0, 1.4), series(100, 0.88, 999, 1)[::-1]
    k = min(6, 0.5 * (1 / 0.2 + 1 / 0.8))
    pair = [log(a) - log(b) for a, b in zip(own, ctl)]
    d0 = log(1.05)
    print('gauge control', k, *gauge(pair, 0, inf, 0.05 * k, 0.15 * k ** 0.5, d0, [d0 + log(g) for g in GRID_VALUE], log(1.5)))
