"""Exact 95 % intervals of a share (Clopper and Pearson), for the table in src/ladder/ladder.test.ts. Needs scipy."""

from scipy.stats import beta

for right, wrong in [(0, 5), (1, 4), (3, 2), (5, 0), (18, 2), (250, 250)]:
    low = 0 if right == 0 else beta.ppf(0.025, right, wrong + 1)
    high = 1 if wrong == 0 else beta.ppf(0.975, right + 1, wrong)
    print(f"[{right}, {wrong}, {low:.15g}, {high:.15g}],")
