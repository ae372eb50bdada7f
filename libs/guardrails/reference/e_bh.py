"""Independent computation of e-BH (statistics 8; Wang and Ramdas 2022): prints the sets of e-bh.test.ts.

An e-value is turned into 1/e, which is a p-value, and Benjamini and Hochberg's procedure is carried out by its own definition: the
largest k such that at least k p-values are at most k q / G.
"""
import numpy as np

Q = 0.1


def named(evidence):
    p = np.exp(-np.array(evidence, dtype=np.longdouble))
    g = len(p)
    k = max((k for k in range(1, g + 1) if np.count_nonzero(p <= k * Q / g) >= k), default=0)
    return sorted(np.argsort(p, kind='stable')[:k].tolist())


def draw(seed, g):
    """Evidence between -3 and 9 in steps of an eighth, the same in every language."""
    x, out = seed, []
    for _ in range(g):
        x = (x * 16807) % 2147483647
        out.append(x % 97 / 8 - 3)
    return out


if __name__ == '__main__':
    for seed in range(1, 13):
        evidence = draw(seed * 7919, 2 + seed % 7)
        print([seed * 7919, 2 + seed % 7, named(evidence)])
    print([800, 5, 2, -3, -700], named([800, 5, 2, -3, -700]))
