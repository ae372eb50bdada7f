"""Independent computation of burn rates (statistics 10.2) over exact windows of the raw samples: prints the numbers of burn-rate.test.ts."""
import numpy as np

HOUR, MINUTE = 3600, 60
DEFAULT_ROWS = [(HOUR, 5 * MINUTE, 14.4), (6 * HOUR, 30 * MINUTE, 6.0)]


def samples(until, bad):
    """One sample every 15 seconds from 15 on, 25 orders each."""
    times = np.arange(15, until + 1, 15)
    return times, np.array([bad(int(t)) for t in times], dtype=float), np.full(len(times), 25.0)


def firing(times, bad, total, rows, objective, bad_min, scope):
    fired = []
    for now in times:
        def window(length):
            inside = (times > now - length) & (times <= now)
            return bad[inside].sum(), total[inside].sum()

        is_firing = False
        for long, short, factor in rows:
            if scope == 'release' and now < short:
                continue
            (long_bad, long_total), (short_bad, short_total) = window(long), window(short)
            if long_total == 0 or short_total == 0 or long_bad < bad_min:
                continue
            worst = min(long_bad / long_total, short_bad / short_total) / (1 - objective)
            is_firing |= worst >= factor * (1 - 1e-9)
        fired.append(bool(is_firing))
    return np.array(fired)


def spans(times, fired):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], fired.astype(int), [0]])))
    return [(int(times[a]), int(times[b - 1])) for a, b in zip(edges[::2], edges[1::2])]


if __name__ == '__main__':
    stories = {
        'broken from the release on': (2 * HOUR, lambda t: 2),
        'broken for ten minutes after an hour': (3 * HOUR, lambda t: 4 if HOUR < t <= HOUR + 600 else 0),
        'a slow leak': (4 * HOUR, lambda t: 1 if t % 150 == 0 else 0),
        'one burst': (HOUR, lambda t: 25 if 900 < t <= 960 else 0),
        'two failures': (HOUR, lambda t: 1 if t in (300, 315) else 0),
        'exactly the factor': (HOUR, lambda t: 0.36),
        'a little less': (HOUR, lambda t: 0.3599),
    }
    for name, (until, bad) in stories.items():
        times, b, n = samples(until, bad)
        for scope in ('release', 'rolling'):
            print(f'{name}, {scope}:', spans(times, firing(times, b, n, DEFAULT_ROWS, 0.999, 3, scope)))
