"""Mean squared range of n standard normal values, for libs/signals/src/range.ts: E[max²] + E[min²] − 2·E[max·min], by integration."""
from scipy import integrate
from scipy.stats import norm


def mean_squared_range(n):
    # Density of the range: n(n-1) ∫ f(x) f(x+r) (F(x+r)-F(x))^(n-2) dx.
    def density(r):
        inner = lambda x: norm.pdf(x) * norm.pdf(x + r) * (norm.cdf(x + r) - norm.cdf(x)) ** (n - 2)
        return n * (n - 1) * integrate.quad(inner, -9, 9, limit=200)[0]

    return integrate.quad(lambda r: r * r * density(r), 0, 14, limit=200)[0]


for n in (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 60, 120, 240):
    print(f'[{n}, {mean_squared_range(n):.6f}],')
