"""Counts of set-up A judged by the formulas of statistics 5.3, 6.1 and 7 alone, with numpy: what another implementation, on another
stream of chance, finds in the same cells. Run by hand; what it printed stands in ../README.md.

    python3 reference/counts.py [RUNS]
"""

import sys

import numpy as np

RNG = np.random.default_rng(20261123)
ALPHA, RHO0, PSEUDO = 0.01, 1.10, 1.0
GRID = np.array([1.25, 1.5, 2, 3, 5, 10])
LEVEL, SPREAD, WATCH, EVERY = 24 * 240, 6 * 240, 240, 20


def wander(n, coefficient, deviation):
    x, shocks = deviation * RNG.normal(), RNG.normal(size=n) * deviation * np.sqrt(1 - coefficient**2)
    out = np.empty(n)
    for i in range(n):
        out[i] = x = coefficient * x + shocks[i]
    return out


def dispersion(events, exposure):
    rate, n = events.sum() / exposure.sum(), len(events)
    residuals = events - rate * exposure
    band = int(np.clip(round(n / 12), 8, 60))
    gamma = [residuals[j:] @ residuals[: n - j] / n for j in range(band + 1)]
    long_run = gamma[0] + 2 * sum((1 - j / (band + 1)) * gamma[j] for j in range(1, band + 1))
    return max(1.0, 1 + 1.25 * (long_run / (rate * exposure.mean()) - 1))


def failed_after(per_minute, times, correlated):
    n = LEVEL + WATCH
    failing, traffic = (wander(n, 0.8, 0.4), wander(n, 0.9, 0.3)) if correlated else (np.zeros(n), np.zeros(n))
    total = RNG.poisson(per_minute / 4 * np.exp(traffic))
    share = 0.01 * np.exp(failing)
    share[LEVEL:] *= times
    bad = RNG.binomial(total, np.minimum(1, share))
    phi = dispersion(bad[LEVEL - SPREAD : LEVEL], total[LEVEL - SPREAD : LEVEL])
    before, exposure = bad[:LEVEL].sum(), total[:LEVEL].sum()
    rho, weights = RHO0 * GRID, np.array([0.5] + [0.5 / 11] * 11)
    needed = np.log(1 / ALPHA) + np.log(len(GRID)) + np.log(2)
    events, seen = np.zeros(12), np.zeros(12)
    for tick in range(WATCH):
        x, size = bad[LEVEL + tick], total[LEVEL + tick]
        expected = (before + PSEUDO) / exposure * size
        x = min(x, max(1.0, np.min((phi * needed / 3 + expected * (rho - RHO0)) / np.log(rho / RHO0))))
        begun = np.arange(12) * EVERY <= tick
        events[begun] += x
        seen[begun] += size
        kernel = events[:, None] * np.log(rho / RHO0) + (events[:, None] + before + PSEUDO) * np.log(
            (RHO0 * seen[:, None] + exposure) / (rho * seen[:, None] + exposure)
        )
        terms = (np.log(weights)[:, None] - np.log(len(GRID)) + kernel / phi).ravel()
        if terms.max() + np.log(np.exp(terms - terms.max()).sum()) >= np.log(1 / ALPHA):
            return (tick + 1) / 4
    return np.inf


if __name__ == "__main__":
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    for name, cell in {
        "99 -> 97 %, 100/min, independent": (100, 3, False),
        "99 -> 90 %, 10/min, independent": (10, 10, False),
        "99 -> 97 %, 5000/min, correlated": (5000, 3, True),
        "POS x3, 2/min, correlated": (200, 3, True),
    }.items():
        minutes = np.array([failed_after(*cell) for _ in range(runs)])
        print(f"{name}: found {np.isfinite(minutes).mean():.3f}, median {np.median(minutes):.2f} min of {runs}")
