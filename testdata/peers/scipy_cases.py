"""Prints cases of the kernels of internal/stat with SciPy's numbers, as JSON.

Large samples are not stored: both sides draw them from the same generator, draw() here and in cases_test.go.
"""

import json
import warnings

import numpy as np
import scipy
from scipy import stats
from scipy.spatial import distance

warnings.filterwarnings("error")


def draw(seed, n, shift=0.0, digits=None):
    """n values of a 48-bit linear congruential generator, in [0, 1) + shift; rounded where digits says so."""
    state, values = seed, np.empty(n)
    for i in range(n):
        state = (state * 0x5DEECE66D + 11) % (1 << 48)
        values[i] = (state >> 16) / 2**32 + shift
    return values if digits is None else np.round(values, digits)


def ks():
    cases = []
    for n, m, shift, digits in [
        (1, 1, 0, None), (1, 5, 0, None), (3, 3, 1, None), (3, 3, 0.2, None), (5, 7, 0.3, None), (10, 10, 0, 1),
        (40, 50, 0.1, None), (40, 50, 0, 1), (100, 100, 0.05, None), (100, 100, 2, None), (100, 250, 0.6, None),
        (500, 300, 0, None), (500, 300, 0.1, None), (999, 1000, 0.05, None), (1000, 1000, 0.02, 2), (2000, 50, 0.15, None),
        (10000, 10000, 0.01, None), (10000, 9999, 0.01, None), (10000, 10, 0.2, None), (10001, 10, 0.2, None),
        (10001, 10, 0.05, None), (20000, 60, 0.1, None), (20000, 60, 0.01, None), (20000, 150, 0.05, None),
        (20000, 150, 0.2, None), (20000, 400, 0.3, None), (10001, 10001, 0.0, None), (10001, 10001, 0.005, None),
        (10001, 10001, 0.02, None), (10001, 10001, 0.05, None), (10001, 10001, 0.2, None), (30000, 20000, 0.001, 3),
        (100000, 100000, 0.002, None), (100000, 100000, 0.006, None), (100000, 100000, 0.03, None),
    ]:
        x, y = draw(1, n, 0, digits), draw(2, m, shift, digits)
        r = stats.ks_2samp(x, y, method="auto")
        cases.append({"n": n, "m": m, "shift": shift, "digits": -1 if digits is None else digits,
                      "d": float(r.statistic), "p": float(r.pvalue), "w1": float(stats.wasserstein_distance(x, y))})
    return cases


def kstwo():
    cases = []
    for n in [1, 2, 3, 10, 50, 139, 140, 141, 200, 1000, 5000, 50000, 100000, 100001, 500000]:
        for z in [0.1, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.36, 1.6, 2.0, 2.5, 3.5, 5.0]:
            d = z / n**0.5
            if d < 1:
                cases.append({"n": n, "d": d, "p": float(stats.kstwo.sf(d, n))})
    return cases


def chi_square():
    tables = [([10, 20, 30], [12, 18, 33]), ([50, 50], [30, 70]), ([1000, 10, 5], [900, 30, 25]), ([5, 0, 7], [6, 0, 9]),
              ([100000, 200000], [101000, 199000]), ([3, 4, 5, 6, 7], [7, 6, 5, 4, 3]), ([1000, 1], [1, 1000])]
    cases = []
    for x, y in tables:
        observed = np.array([x, y])
        r = stats.chi2_contingency(observed[:, observed.sum(axis=0) > 0], correction=False)
        cases.append({"x": x, "y": y, "statistic": float(r.statistic), "p": float(r.pvalue), "df": int(r.dof)})
    return cases


def fisher():
    cases = []
    for a, n, b, m in [(0, 10, 0, 10), (1, 10, 4, 12), (3, 500, 0, 300), (0, 1000, 5, 1000), (2, 7, 5, 9), (0, 200, 9, 100),
                       (4, 1000000, 0, 500), (10, 10, 3, 9)]:
        p = float(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue)
        cases.append({"a": a, "n": n, "b": b, "m": m, "p": p})
    return cases


def adjust():
    cases = []
    for p in [[0.01], [0.01, 0.02, 0.03, 0.04, 0.05], [0.9, 0.001, 0.04, 0.04, 0.2, 1.0], [0.5, 0.5], [1e-12, 0.9, 0.03]]:
        ordered = sorted((v, i) for i, v in enumerate(p))
        holm, most = [0.0] * len(p), 0.0  # SciPy has no Holm: its definition, step by step
        for rank, (v, i) in enumerate(ordered):
            most = max(most, min(1.0, (len(p) - rank) * v))
            holm[i] = most
        cases.append({"p": p, "bh": [float(v) for v in stats.false_discovery_control(p)], "holm": holm})
    return cases


def noncentral():
    return [{"x": x, "df": df, "lambda": lam, "sf": float(stats.ncx2.sf(x, df, lam))}
            for x, df, lam in [(3.84, 1, 7.85), (10, 3, 0.5), (25.5, 9, 30), (40, 19, 22), (100, 50, 400), (300, 2, 200)]]


def samples():
    """The tests of two samples of numbers, each beside the others; null where SciPy has no answer."""
    cases = []
    for n, m, shift, digits in [
        (1, 1, 0, None), (2, 1, 0.5, None), (3, 3, 0.2, None), (5, 7, 0.3, None), (8, 8, 0, 1), (8, 300, 0.1, None), (3, 50, -0.4, None),
        (20, 20, 0.1, None), (19, 20, 0.2, None), (17, 6, 0, 1), (20, 13, -0.3, None), (21, 20, 0.1, None), (24, 24, 0.2, 1), (40, 50, 0.1, None), (40, 50, 0, 1),
        (100, 250, 0.6, None), (100, 100, 3, None), (500, 300, 0.05, None), (1000, 1000, 0.02, 2), (1000, 100, 0, 1), (20000, 60, 0.1, None),
        (10000, 10000, 0.01, 3), (30000, 20000, 0.004, None), (6, 6, 0, 0), (50, 60, 0, 0),
    ]:
        x, y = draw(1, n, 0, digits), draw(2, m, shift, digits)
        case = {"n": n, "m": m, "shift": shift, "digits": -1 if digits is None else digits,
                "energy": float(stats.energy_distance(x, y))}
        for name, test in [
            ("mannwhitney", stats.mannwhitneyu),
            ("mannwhitney_less", lambda a, b: stats.mannwhitneyu(a, b, alternative="less")),
            ("mannwhitney_greater", lambda a, b: stats.mannwhitneyu(a, b, alternative="greater")),
            ("anderson", lambda a, b: stats.anderson_ksamp([a, b], variant="midrank")),
            ("cramer", stats.cramervonmises_2samp), ("student", stats.ttest_ind),
            ("welch", lambda a, b: stats.ttest_ind(a, b, equal_var=False)), ("epps", stats.epps_singleton_2samp)]:
            case[name] = answer(test, x, y)
        cases.append(case)
    return cases


def answer(test, x, y):
    """The statistic and the p-value, or null where the samples are too small for either to be a number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            r = test(x, y)
        except (ValueError, IndexError, ZeroDivisionError):
            return None
    values = [float(r.statistic), float(r.pvalue)]
    return values if np.isfinite(values).all() else None


def anderson_many():
    """Three samples and more, which only the k-sample test takes."""
    cases = []
    for sizes, digits in [([30, 40, 50], None), ([5, 6, 7, 8], 1), ([200, 100, 100, 50, 20], 2)]:
        drawn = [draw(i + 1, n, 0.05 * i, digits) for i, n in enumerate(sizes)]
        cases.append({"sizes": sizes, "digits": -1 if digits is None else digits,
                      "answer": answer(lambda a, _: stats.anderson_ksamp(a, variant="midrank"), drawn, None)})
    return cases


def shares():
    cases = []
    for p, q in [([1, 2, 3], [3, 2, 1]), ([0.2, 0.8], [0.2, 0.8]), ([1, 0, 3], [0, 1, 3]), ([5, 0], [0, 7]), ([1000, 1, 1], [900, 50, 3]), ([4], [9])]:
        a, b = np.array(p) / sum(p), np.array(q) / sum(q)
        kl = float(stats.entropy(p, q))
        cases.append({"p": p, "q": q, "js": float(distance.jensenshannon(p, q)), "kl": kl if np.isfinite(kl) else None,
                      "hellinger": float(np.sqrt(max(0, 1 - np.sqrt(a * b).sum())))})  # SciPy has none: its definition
    return cases


def goodness():
    cases = []
    for observed, expected in [([10, 20, 30], [12, 18, 30]), ([5, 0, 7], [4, 2, 6]), ([100, 3], [51.5, 51.5]), ([50, 50], [50, 50]), ([300, 1, 1], [100, 101, 101]),
                               ([1000, 900, 5], [950, 952, 3])]:
        pearson, likelihood = stats.chisquare(observed, expected), stats.power_divergence(observed, expected, lambda_="log-likelihood")
        cases.append({"observed": observed, "expected": expected, "pearson": [float(pearson.statistic), float(pearson.pvalue)],
                      "g": [float(likelihood.statistic), float(likelihood.pvalue)]})
    return cases


def proportion():
    """SciPy has no z of two proportions: its definition, with its normal distribution."""
    cases = []
    for a, n, b, m in [(10, 100, 20, 100), (1, 1000, 3, 50), (50, 100, 50, 100), (999, 1000, 1, 1000)]:
        p = (a + b) / (n + m)
        z = (a / n - b / m) / np.sqrt(p * (1 - p) * (1 / n + 1 / m))
        cases.append({"a": a, "n": n, "b": b, "m": m, "z": [float(z), float(2 * stats.norm.sf(abs(z)))]})
    return cases


print(json.dumps({"scipy": scipy.__version__, "ks": ks(), "kstwo": kstwo(), "chi_square": chi_square(), "fisher": fisher(),
                  "adjust": adjust(), "noncentral": noncentral(), "samples": samples(), "anderson_many": anderson_many(), "shares": shares(),
                  "goodness": goodness(), "proportion": proportion()}, indent=1))
