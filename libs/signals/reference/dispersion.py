"""Independent computation of the dispersion that libs/signals/src/dispersion.ts estimates: prints the numbers of its test."""


def numbers(seed):
    x = seed
    while True:
        x = (x * 16807) % 2147483647
        yield x


def increments(n, block):
    g = numbers(7)
    events, exposure = [], []
    for t in range(n):
        a, b = next(g) % 7, next(g) % 40
        events.append(a + (5 if (t // block) % 2 else 0))
        exposure.append(100 + b)
    return events, exposure


def dispersion(events, exposure, interval_s):
    n = len(events)
    rate = sum(events) / sum(exposure)
    r = [f - rate * m for f, m in zip(events, exposure)]
    band = min(max(round(n / 12), 8), 60)

    def gamma(lag):
        return sum(r[t] * r[t - lag] for t in range(lag, n)) / n

    variance = gamma(0) + 2 * sum((1 - j / (band + 1)) * gamma(j) for j in range(1, band + 1))
    estimate = variance / (rate * sum(exposure) / n)
    margin = 1.25 if n * interval_s >= 21600 else 1.5
    return max(1, 1 + margin * (estimate - 1))


for n, block in ((48, 6), (48, 1), (120, 20), (480, 30)):
    print(n, block, dispersion(*increments(n, block), 60))
