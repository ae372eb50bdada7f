"""Independent computation of burn rates (statistics 10.2) over exact windows of the raw samples: prints the numbers of burn-rate.test.ts."""
import numpy as np

HOUR, MINUTE = 3600, 60
DEFAULT_ROWS = [(HOUR, 5 * MINUTE, 14.4), (6 * HOUR, 30 * MINUTE, 6.0)]


def samples(until, bad):
    """One sample every 15 seconds from 15 on, 25 orders each."""
    times = np.arange(15, until + 1, 15)
    return times, np.array([bad(int(t)) for t in times], dtype=float), np.full(len(times), 25.0)


def firing(times, bad, total, rows, objective, bad_min, scope, past=None):
    """After each sample since the release; `past` is what was counted before it, of which a release knows nothing."""
    if past is not None and scope == 'rolling':
        times, bad, total = (np.concatenate(pair) for pair in zip(past, (times, bad, total)))
    fired = []
    for now in times[times > 0]:
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


def earlier(since, bad):
    """The same samples before the release, each as late as the minute that it is kept by ends."""
    times = np.arange(-since + 15, 1, 15)
    return np.ceil(times / 60) * 60, np.array([bad(int(t)) for t in times], dtype=float), np.full(len(times), 25.0)


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

    pasts = {
        'an incident in the ten minutes before': (HOUR, lambda t: 25 if t > -600 else 0, HOUR, lambda t: 0),
        'an incident that was over an hour before': (
            6 * HOUR, lambda t: 25 if -2 * HOUR < t <= -2 * HOUR + 600 else 0, HOUR, lambda t: 0),
        'a quiet past, and broken since': (6 * HOUR, lambda t: 0, 2 * HOUR, lambda t: 2),
        'a leak before, and a worse one since': (HOUR, lambda t: 0.2, HOUR, lambda t: 0.5),
    }
    for name, (since, bad_before, until, bad) in pasts.items():
        times, b, n = samples(until, bad)
        for scope in ('release', 'rolling'):
            fired = firing(times, b, n, DEFAULT_ROWS, 0.999, 3, scope, earlier(since, bad_before))
            print(f'{name}, {scope}:', spans(times, fired))
