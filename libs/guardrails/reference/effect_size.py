"""Independent computation of the anytime-valid bounds (statistics 12): prints the numbers of effect-size.test.ts.

Mixtures are integrated numerically or taken from scipy's beta-binomial and negative binomial, and the edges are found by Brent's
method on the logarithm of odds or rates.
"""
from math import exp, log, sqrt

from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit, gammaln
from scipy.stats import betabinom, binom, nbinom, norm, poisson


def proportion(bad, total, alpha):
    # The probability of the counts under the mixture, against that under one share: a ratio of probabilities.
    mixed = betabinom.logpmf(bad, total, 0.5, 0.5)
    excess = lambda logit: mixed - binom.logpmf(bad, total, expit(logit)) - log(1 / alpha)
    seen = log(bad / (total - bad)) if 0 < bad < total else None
    if bad == 0:
        return 0.0, float(expit(brentq(excess, -30, 10, xtol=1e-13)))
    if bad == total:
        return float(expit(brentq(excess, -10, 30, xtol=1e-13))), 1.0
    return float(expit(brentq(excess, seen - 40, seen, xtol=1e-13))), float(expit(brentq(excess, seen, seen + 40, xtol=1e-13)))


def ratio(x1, n1, x0, n0, alpha):
    low, high = proportion(x1, x1 + x0, alpha)
    return n0 / n1 * low / (1 - low), None if high == 1 else n0 / n1 * high / (1 - high)


def rate(events, exposure, expected, alpha, shape=0.5):
    # A Poisson count whose rate is gamma distributed is negative binomial.
    b = shape / expected
    mixed = nbinom.logpmf(events, shape, b / (b + exposure))
    excess = lambda t: mixed - poisson.logpmf(events, exp(t) * exposure) - log(1 / alpha)
    if events == 0:
        return 0.0, exp(brentq(excess, log(1e-12 / exposure), log(1e6 / exposure), xtol=1e-14))
    seen = log(events / exposure)
    return exp(brentq(excess, seen - 40, seen, xtol=1e-14)), exp(brentq(excess, seen, seen + 40, xtol=1e-14))


def mean(average, n, variance, planned, alpha):
    # The mixture over normal means, integrated: its ratio to the density at the candidate reaches 1/alpha at the edge.
    a = 2 * log(1 / alpha)
    r = planned * variance / (a + log(1 + a))
    v = n * variance

    def log_mixture(s):
        # s = sum of (value - candidate); of exp(theta s - theta^2 v / 2) the mean over theta ~ N(0, 1/r).
        exponent = lambda theta: theta * s - theta**2 * v / 2 + norm.logpdf(theta, 0, 1 / sqrt(r))
        peak, width = s / (v + r), 1 / sqrt(v + r)
        value, _ = quad(
            lambda theta: exp(exponent(theta) - exponent(peak)), peak - 12 * width, peak + 12 * width, epsabs=0, epsrel=1e-12
        )
        return log(value) + exponent(peak)

    reach = brentq(lambda d: log_mixture(n * d) - log(1 / alpha), 1e-12, 1e2 * sqrt(variance / n) * sqrt(1 + r / v), xtol=1e-13)
    return average - reach, average + reach


if __name__ == '__main__':
    print('log gamma', *[float(gammaln(x)) for x in (0.5, 5, 21, 1e-5, 1_000_000.5)])
    for args in [(0, 100, 0.05), (1, 100, 0.05), (41, 1000, 0.01), (60_000, 1_000_000, 0.01), (100, 100, 0.05), (3, 5, 0.01)]:
        print('proportion', args, proportion(*args))
    for args in [(41, 1000, 48, 4000, 0.01), (0, 1000, 48, 4000, 0.01), (12, 1000, 0, 4000, 0.05)]:
        print('ratio', args, ratio(*args))
    for args in [(0, 300, 0.02, 0.05), (12, 300, 0.02, 0.05), (12, 300, 2, 0.05), (4000, 9000, 0.3, 0.01)]:
        print('rate', args, rate(*args))
    for args in [(0.4, 40, 0.09, 240, 0.01), (-2.5, 240, 4.0, 240, 0.05), (10.0, 3, 1.0, 240, 0.01)]:
        print('mean', args, mean(*args))
