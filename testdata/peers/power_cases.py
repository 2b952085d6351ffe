"""Prints what SciPy and statsmodels say of the power of gates, as JSON: for each kernel of internal/stat a list of arguments and the answer. What
neither has is summed or solved here from their distributions."""

import json
import math

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.power import TTestPower


def count(share, n):
    return math.ceil(share * n - 1e-9 * max(1, abs(share * n)))


def share_below(n, p, limit):
    return stats.binom.cdf(count(limit, n) - 1, n, p)


def share_falls_below(n, p, q, allowed):
    k = np.arange(n + 1)
    least = np.ceil(k - allowed * n - 1e-9).astype(int)
    return np.sum(stats.binom.pmf(k, n, p) * stats.binom.cdf(least - 1, n, q))


def pair_falls_below(n, discordance, drop, allowed):
    m = np.arange(n + 1)
    most = np.floor((m + math.floor(allowed * n + 1e-9)) / 2)
    return np.sum(stats.binom.pmf(m, n, discordance) * stats.binom.sf(most, m, (1 + drop / discordance) / 2))


def mid_p(low, n):
    return 2 * stats.binom.cdf(low, n, 0.5) - stats.binom.pmf(low, n, 0.5)


def mcnemar_power(n, discordance, drop, level):
    total = 0.0
    for m in range(1, n + 1):
        gained = np.arange((m - 1) // 2 + 1)
        critical = np.sum(mid_p(gained, m) <= level) - 1
        total += stats.binom.pmf(m, n, discordance) * stats.binom.cdf(critical, m, (1 - drop / discordance) / 2)
    return total


def student_power(noncentrality, freedom, level):
    return stats.nct.sf(stats.t.ppf(1 - level, freedom), freedom, noncentrality)


def student_rows(drop, power, level):
    return math.ceil(TTestPower().solve_power(effect_size=drop, alpha=level, power=power, alternative="larger"))


CASES = {
    "BinomialCDF": (lambda k, n, p: stats.binom.cdf(k, n, p),
                    [(k, n, p) for n in (1, 10, 1319, 100_000) for p in (0.001, 0.3, 0.97) for k in (0, n // 3, int(n * p))]),
    "ShareBelow": (share_below, [(n, p, limit) for n in (50, 198, 1319) for p in (0.74, 0.86) for limit in (0.7, 0.73, 0.85)]),
    "ShareFallsBelow": (share_falls_below, [(n, p, p - d, a) for n in (50, 300, 1319) for p in (0.6, 0.88) for d in (0, 0.02, 0.05) for a in (0, 0.01, 0.08)]),
    "PairFallsBelow": (pair_falls_below, [(n, psi, d, a) for n in (20, 300, 1319) for psi in (0.06, 0.3) for d in (0, 0.02, 0.05) for a in (0, 0.01, 0.08)]),
    "McNemarPower": (mcnemar_power, [(n, psi, d, level) for n in (30, 300) for psi in (0.06, 0.3) for d in (0, 0.02, 0.05) for level in (0.05, 0.1)]),
    "StudentPower": (student_power, [(l, nu, level) for l in (0, 0.5, 2, 5) for nu in (1, 3, 9, 100) for level in (0.025, 0.05)]),
    "StudentRows": (student_rows, [(d, power, level) for d in (0.1, 0.5, 1) for power in (0.8, 0.9) for level in (0.025, 0.05)]),
}

print(json.dumps({
    "versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
    "cases": {name: [{"args": args, "want": float(f(*args))} for args in grid] for name, (f, grid) in CASES.items()},
}, indent=1))
