"""Independent computation of the evidence kernels and their mixture, from the formulas alone: prints the numbers of kernels.test.ts."""
from math import exp, log

GRID = [1.25, 1.5, 2, 3, 5, 10]


def rate_limit(s, n, limit, rho0, rho, phi):
    return (s * log(rho / rho0) - limit * n * (rho - rho0)) / phi


def proportion_limit(f, n, p0, psi, phi):
    # As a likelihood ratio of two binomials whose odds differ by psi: the coefficient cancels.
    p1 = psi * p0 / (1 - p0 + psi * p0)
    return (f * log(p1 / p0) + (n - f) * log((1 - p1) / (1 - p0))) / phi


def baseline(s, n, x0, e0, rho0, rho, a, phi):
    # As a likelihood ratio of two binomials (which of the events fell into the watch), plus the pseudo-events.
    q = lambda r: r * n / (r * n + e0)
    exact = s * log(q(rho) / q(rho0)) + x0 * log((1 - q(rho)) / (1 - q(rho0)))
    return (exact + a * log((rho0 * n + e0) / (rho * n + e0))) / phi


def mixture(intervals, width, anchor, anchors, kernel):
    """intervals: (end, events, exposure), already capped."""
    weights = [0.5] + [0.5 / (anchors - 1)] * (anchors - 1) if anchors > 1 else [1]
    total = 0
    for i in range(anchors):
        mine = [(x, n) for end, x, n in intervals if end - width >= i * anchor]
        s, n = sum(x for x, _ in mine), sum(n for _, n in mine)
        total += sum(weights[i] / len(GRID) * exp(kernel(s, n, g) if n else 0) for g in GRID)
    return log(total)


print('rate_limit worse', [rate_limit(12, 300, 0.02, 1, g, 1.5) for g in (1.25, 3)])
print('rate_limit acceptable', rate_limit(3, 300, 0.02, 3, 1, 1.5))
print('proportion_limit worse', [proportion_limit(12, 300, 0.02, g, 1.5) for g in (1.25, 3)])
print('proportion_limit acceptable', -proportion_limit(3, 300, 0.02, 3, 1.5))
rho0 = 1.1 * exp(1.645 * 0.1)
print('tolerated ratio', rho0)
print('baseline worse', [baseline(30, 1000, 60, 6000, rho0, rho0 * g, 1, 1.2) for g in (1.25, 3, 10)])
print('baseline acceptable', baseline(11, 1000, 60, 6000, 3, 1, 0, 1.2))
down = 1 / rho0
print('baseline fewer worse', [baseline(300, 600, 6000, 6000, down, down / g, 1, 1.2) for g in (1.25, 2)])
print('baseline fewer acceptable', baseline(590, 600, 6000, 6000, 1 / 3, 1, 0, 1.2))
few = [(15 * (i + 1), 1 if i % 7 == 0 else 0, 25) for i in range(80)]
print('mixture quiet', mixture(few, 15, 300, 12, lambda s, n, g: baseline(s, n, 60, 6000, rho0, rho0 * g, 1, 1.2)))
late = [(15 * (i + 1), (1 if i >= 40 else 0) + (1 if i % 9 == 0 else 0), 25) for i in range(80)]
print('mixture late', mixture(late, 15, 300, 12, lambda s, n, g: baseline(s, n, 60, 6000, rho0, rho0 * g, 1, 1.2)))
L = log(100) + log(6) + log(2) + log(4)
mu = 61 / 6000 * 25
print('cap baseline', max(1, min((1.2 * L / 3 + mu * (rho0 * g - rho0)) / log(g) for g in GRID)))
print('cap rate', max(1, min((1.5 * L / 3 + 0.02 * 25 * (g - 1)) / log(g) for g in GRID)))
