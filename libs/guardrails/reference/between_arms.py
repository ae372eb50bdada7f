"""Independent computation of counts between two arms (statistics 5.4, 6.1, 7, 9): prints the numbers of count-control.test.ts.

Likelihoods are differences of scipy's binomial log probabilities, the mixture is summed with exponentials, and caps are found by
searching for the count whose evidence is the cap, not by solving for it.
"""
from math import log

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaln, logsumexp
from scipy.stats import binom

GRID = [1.25, 1.5, 2, 3, 5, 10]
WATCH_MS, INTERVAL_MS, ANCHOR_MS = 3_600_000, 15_000, 300_000


def share(rho, n1, n0):
    return rho * n1 / (rho * n1 + n0)


def gain(x1, n1, x0, n0, rho0, rho, phi):
    """Of whole counts: which of the events fell into which arm, a binomial of their sum."""
    if n1 == 0 or n0 == 0:
        return 0.0
    k = x1 + x0
    return float(binom.logpmf(x1, k, share(rho, n1, n0)) - binom.logpmf(x1, k, share(rho0, n1, n0))) / phi


def gain_of_parts(x1, n1, x0, n0, rho0, rho, phi):
    """Of counts that a cap made fractional, as differences of the beta function's integrand."""
    q, q0 = share(rho, n1, n0), share(rho0, n1, n0)
    density = lambda p: x1 * np.log(p) + x0 * np.log1p(-p) - betaln(x1 + 1, x0 + 1)
    return float(density(q) - density(q0)) / phi


def cap(n1, x0, n0, rho0, phi, evidence_max):
    ceilings = [
        brentq(lambda x: gain_of_parts(x, n1, x0, n0, rho0, rho0 * g, phi) - evidence_max, 0, 1e9, xtol=1e-13, rtol=1e-15)
        if gain_of_parts(0, n1, x0, n0, rho0, rho0 * g, phi) < evidence_max
        else 0
        for g in GRID
    ]
    return max(1, min(ceilings))


def evidence(intervals, rho0, phi, alpha=0.01, weight=1.0):
    """intervals: (x1, n1, x0, n0), every 15 seconds of an hour's watch from its first on."""
    anchors = WATCH_MS // ANCHOR_MS
    weights = [0.5] + [0.5 / (anchors - 1)] * (anchors - 1)
    needed = log(1 / alpha) + log(len(GRID)) + log(2) + log(1 / weight)
    rows = []
    for x1, n1, x0, n0 in intervals:
        if n1 == 0 or n0 == 0:
            rows.append(np.zeros(len(GRID)))
            continue
        x = min(x1, cap(n1, x0, n0, rho0, phi, needed / 3))
        rows.append(np.array([gain_of_parts(x, n1, x0, n0, rho0, rho0 * g, phi) for g in GRID]))
    rows = np.array(rows)
    per_anchor = ANCHOR_MS // INTERVAL_MS
    terms = []
    for a in range(anchors):
        sums = rows[a * per_anchor :].sum(axis=0) if len(rows) > a * per_anchor else np.zeros(len(GRID))
        terms += [log(weights[a] / len(GRID)) + s for s in sums]
    return float(logsumexp(terms))


def acceptance(intervals, rho_bad, phi):
    return sum(gain(x1, n1, x0, n0, rho_bad, 1, phi) for x1, n1, x0, n0 in intervals)


def swapped(intervals):
    return [(x0, n0, x1, n1) for x1, n1, x0, n0 in intervals]


if __name__ == '__main__':
    print('gain')
    for x1, n1, x0, n0, rho0, g, phi in [
        (5, 200, 8, 800, 1.1, 1.25, 1.25),
        (5, 200, 8, 800, 1.1, 3, 1.25),
        (5, 200, 8, 800, 1.1, 10, 1.25),
        (0, 200, 12, 800, 1.1, 3, 1.25),
        (300, 1e6, 900, 9e6, 1.1, 2, 1.5),
        (7, 3, 70, 4_000_000, 1.1, 5, 1.25),
    ]:
        print('  ', (x1, n1, x0, n0, rho0, g, phi), gain(x1, n1, x0, n0, rho0, rho0 * g, phi))
    print('acceptable', gain(5, 200, 20, 800, 3, 1, 1.25), gain(60, 200, 250, 800, 3, 1, 1.5))
    L = log(100) + log(6) + log(2)
    print('cap', [cap(n1, x0, n0, 1.1, phi, L / 3) for n1, x0, n0, phi in [(25, 1, 100, 1.25), (25, 0, 100, 1.5), (250, 10, 1000, 1.25), (1, 300, 10_000, 1.25)]])
    quiet = [(1 if i % 7 == 0 else 0, 25, 1 if i % 2 == 0 else 0, 100) for i in range(80)]
    late = [((1 if i >= 40 else 0) + (1 if i % 9 == 0 else 0), 25, i % 3, 100) for i in range(80)]
    burst = [(50 if i == 30 else 0, 25 + (50 if i == 30 else 0), i % 2, 100) for i in range(40)]
    gaps = [(2, 25 if i % 4 else 0, 3, 100 if i % 5 else 0) for i in range(60)]
    for name, intervals in [('quiet', quiet), ('late', late), ('burst', burst), ('gaps', gaps)]:
        print(name, evidence(intervals, 1.1, 1.25), acceptance(intervals, 3, 1.25))
    fewer = [(30, 25, 200, 100) for _ in range(20)]
    print('fewer', evidence(swapped(fewer), 1.1, 1.25), acceptance(swapped(fewer), 3, 1.25))
    print('weight 1/8, phi 1.5', evidence(late, 1.1, 1.5, weight=0.125))
