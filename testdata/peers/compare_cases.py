"""Prints two models' predictions on the same rows, and what scikit-learn, fairlearn, SciPy, statsmodels and plain definitions say of
them, as JSON."""

import json
import os

import fairlearn
import numpy as np
import pandas as pd
import scipy
import sklearn
import statsmodels
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference
from scipy import optimize, stats
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

here = os.path.dirname(os.path.abspath(__file__))
credit = pd.read_csv(os.path.join(here, "..", "german_credit.csv"), keep_default_na=False)
train, test = credit[:700], credit[700:]
weights = np.array([1 + i % 4 / 2 for i in range(len(test))])
Z = stats.norm.ppf(0.975)


def fitted(target, model):
    features = [c for c in credit.columns if c != target]
    numbers = [c for c in features if pd.api.types.is_numeric_dtype(credit[c])]
    encode = ColumnTransformer([("n", StandardScaler(), numbers),
                                ("c", OneHotEncoder(handle_unknown="ignore"), [c for c in features if c not in numbers])])
    return make_pipeline(encode, model).fit(train[features], train[target]), test[features]


def probability(model):
    model, x = fitted("class", model)
    return np.round(model.predict_proba(x)[:, list(model.classes_).index("bad")], 3)  # rounded: there are ties


def calibration(right, p, bins=10, w=None):
    """Expected calibration error from the bins of calibration_curve, or with weights from the same bins."""
    bin_of = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], p)
    w = np.ones(len(p)) if w is None else w
    error = sum(abs(np.sum((w * (p - right))[bin_of == b])) for b in range(bins)) / w.sum()
    if (w == 1).all():
        share, mean = calibration_curve(right, p, n_bins=bins)
        sizes = np.bincount(bin_of, minlength=bins)
        assert abs(error - np.sum(np.abs(share - mean) * sizes[sizes > 0]) / len(p)) < 1e-12
    return error


def binary(y, label, p, w):
    k = {"sample_weight": w}
    s = {"accuracy": metrics.accuracy_score(y, label, **k), "balanced-accuracy": metrics.balanced_accuracy_score(y, label, **k),
         "auc": metrics.roc_auc_score(y, p, **k), "average-precision": metrics.average_precision_score(y, p, **k),
         "log-loss": metrics.log_loss(y, p, **k), "brier": metrics.brier_score_loss(y, p, **k), "ece": calibration(y, p, 10, w)}
    for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)):
        s[name] = score(y, label, **k)
        for average in ("macro", "weighted"):
            s[f"{name}-{average}"] = score(y, label, average=average, **k)
    return s


def several(y, label, proba, w):
    k = {"sample_weight": w}
    onehot = np.eye(proba.shape[1])[y]
    s = {"accuracy": metrics.accuracy_score(y, label, **k), "balanced-accuracy": metrics.balanced_accuracy_score(y, label, **k),
         "log-loss": metrics.log_loss(y, proba, **k), "brier": np.average(((proba - onehot) ** 2).sum(axis=1), weights=w),
         "auc": metrics.roc_auc_score(y, proba, multi_class="ovr", average="macro", **k),
         "average-precision": metrics.average_precision_score(onehot, proba, average="macro", **k),
         "ece": calibration((proba.argmax(axis=1) == y).astype(float), proba.max(axis=1), 10, w)}
    for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)):
        for average in ("macro", "weighted"):
            s[f"{name}-{average}"] = score(y, label, average=average, zero_division=0, **k)
    return s


def regression(y, guess, w):
    k = {"sample_weight": w}
    mse = metrics.mean_squared_error(y, guess, **k)
    return {"mae": metrics.mean_absolute_error(y, guess, **k), "mse": mse, "rmse": np.sqrt(mse), "r2": metrics.r2_score(y, guess, **k),
            "mape": metrics.mean_absolute_percentage_error(y, guess, **k), "pinball@0.9": metrics.mean_pinball_loss(y, guess, alpha=0.9, **k)}


def ranking(relevance, score, groups):
    order = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    ndcg = {f"ndcg@{k}": np.mean([metrics.ndcg_score([relevance[i]], [score[i]], k=k) for i in order]) for k in (3, 10)}
    reciprocal = []
    for i in order:
        at = np.sort([1 + np.sum(score[i] > score[j]) + np.sum((score[i] == score[j]) & (relevance[i] <= 0)) for j in i if relevance[j] > 0])
        reciprocal.append(1 / at[0] if len(at) else 0)
    return dict(ndcg, mrr=np.mean(reciprocal))


def placements(y, p):
    up, down = p[y == 1][:, None], p[y == 0][None, :]
    wins = (up > down) + (up == down) / 2
    return wins.mean(axis=1), wins.mean(axis=0)


def delong(y, first, second):
    """The definition of DeLong et al. 1988: every pair of a positive and a negative row."""
    (u1, d1), (u2, d2) = placements(y, first), placements(y, second)
    variance = np.var(u2 - u1, ddof=1) / len(u1) + np.var(d2 - d1, ddof=1) / len(d1)
    return {"first": u1.mean(), "second": u2.mean(), "error": np.sqrt(variance), "p": 2 * stats.norm.sf(abs(u2.mean() - u1.mean()) / np.sqrt(variance))}


def delong_of_groups(y, first, second, group):
    """The definition of Obuchowski 1997: sums of placements over the rows of each group."""
    (u1, d1), (u2, d2) = placements(y, first), placements(y, second)
    up, down, difference = u2 - u1, d2 - d1, u2.mean() - u1.mean()
    table = pd.DataFrame({"g": np.concatenate([group[y == 1], group[y == 0]]), "up": np.concatenate([up - difference, np.zeros(len(down))]),
                          "down": np.concatenate([np.zeros(len(up)), down - difference])}).groupby("g").sum()
    m, n, groups = len(up), len(down), len(table)
    ups, downs = len(np.unique(group[y == 1])), len(np.unique(group[y == 0]))
    s10 = ups / ((ups - 1) * m) * (table["up"] ** 2).sum()
    s01 = downs / ((downs - 1) * n) * (table["down"] ** 2).sum()
    s11 = groups / (groups - 1) * (table["up"] * table["down"]).sum()
    error = np.sqrt(s10 / m + s01 / n + 2 * s11 / (m * n))
    half = stats.t.ppf(0.975, groups - 1) * error
    return {"groups": groups, "error": error, "low": difference - half, "high": difference + half}


def resampled_t(differences, train, test):
    """Nadeau & Bengio 2003, equation 9 with Student's t."""
    error = np.sqrt((1 / len(differences) + test / train) * np.var(differences, ddof=1))
    half = stats.t.ppf(0.975, len(differences) - 1) * error
    return {"differences": differences, "train": train, "test": test, "error": error, "low": np.mean(differences) - half, "high": np.mean(differences) + half}


def newcombe(a, b, c, d):
    """Method 10 of Newcombe 1998, from statsmodels' Wilson intervals."""
    n = a + b + c + d
    (l1, u1), (l2, u2) = (proportion_confint(k, n, method="wilson") for k in (a + b, a + c))
    p1, p2, product = (a + b) / n, (a + c) / n, (a + b) * (c + d) * (a + c) * (b + d)
    corner = a * d - b * c
    phi = 0 if product == 0 else (max(corner - n / 2, 0) if corner > 0 else corner) / np.sqrt(product)
    join = lambda x, y: np.sqrt(x * x - 2 * phi * x * y + y * y)
    return [p2 - p1 - join(p2 - l2, u1 - p1), p2 - p1 + join(u2 - p2, p1 - l1)]


def tango(a, b, c, d):
    """The score interval with the likelihood maximized by a search, not by Tango's closed form."""
    n, difference = a + b + c + d, (c - b) / (a + b + c + d)

    def score(delta):
        def loss(q):  # q: only the first is right; q + delta: only the second
            return -(c * np.log(q + delta) if c else 0) - (b * np.log(q) if b else 0) - ((a + d) * np.log(1 - 2 * q - delta) if a + d else 0)
        low, high = max(0, -delta), (1 - delta) / 2
        q = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
        return (difference - delta) / np.sqrt((2 * q + delta - delta ** 2) / n)
    edge = 1 - 1e-9
    return [optimize.brentq(lambda x: score(x) - Z, -edge, difference - 1e-9), optimize.brentq(lambda x: score(x) + Z, difference + 1e-9, edge)]


def pairs():
    tables = [(1, 7, 1, 12), (36, 2, 12, 0), (53, 0, 0, 1), (200, 14, 31, 55), (8000, 300, 402, 1298), (10, 0, 5, 5)]
    cases = []
    for a, b, c, d in tables:
        exact = mcnemar([[a, b], [c, d]], exact=True).pvalue if b + c else 1.0
        mid = exact - stats.binom.pmf(min(b, c), b + c, 0.5) if b != c else 1.0
        cases.append({"cells": [a, b, c, d], "midp": mid, "newcombe": newcombe(a, b, c, d), "tango": tango(a, b, c, d) if b + c else None})
    return cases


def diebold_mariano(first, second, horizon):
    d = first - second
    n, mean = len(d), d.mean()
    cov = [np.sum((d[k:] - mean) * (d[:n - k] - mean)) / n for k in range(horizon)]
    variance = (cov[0] + 2 * sum(cov[1:])) / n
    t = mean / np.sqrt(variance) * np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    half = stats.t.ppf(0.975, n - 1) * mean / t
    return {"horizon": horizon, "mean": mean, "low": mean - half, "high": mean + half, "p": 2 * stats.t.sf(abs(t), n - 1)}


def bca(y, first, second):
    """SciPy's BCa intervals of differences; its own noise is about a hundredth of their width."""
    how = {"paired": True, "vectorized": False, "method": "BCa", "n_resamples": 9999, "rng": np.random.default_rng(1)}
    answers = {}
    for name, score in (("log-loss", lambda y, p: -np.mean(np.where(y == 1, np.log(p), np.log(1 - p)))), ("f1", lambda y, p: metrics.f1_score(y, p >= 0.5))):
        result = stats.bootstrap((y, first, second), lambda y, a, b: score(y, b) - score(y, a), **how)
        answers[name] = [result.confidence_interval.low, result.confidence_interval.high]
    return answers


def credit_case():
    y = (test["class"] == "bad").to_numpy().astype(int)
    first = np.clip(probability(LogisticRegression(C=1.0, max_iter=10000)), 0.001, 0.999)
    second = np.clip(probability(RandomForestClassifier(n_estimators=150, random_state=7)), 0.001, 0.999)
    sex = test["personal_status"].str.split(" ").str[0].to_numpy()
    case = {"label": y.tolist(), "champion": first.tolist(), "challenger": second.tolist(), "weight": weights.tolist(), "sex": sex.tolist()}
    for side, p in (("champion", first), ("challenger", second)):
        label = (p >= 0.5).astype(int)
        case[side + "-scores"] = binary(y, label, p, np.ones(len(y)))
        case[side + "-weighted"] = binary(y, label, p, weights)
        case[side + "-fairness"] = {"demographic-parity": demographic_parity_difference(y, label, sensitive_features=sex),
                                    "equalized-odds": equalized_odds_difference(y, label, sensitive_features=sex)}
        case[side + "-ranking"] = ranking(y, p, np.arange(len(y)) // 12)
    case["delong"], case["bca"] = delong(y, first, second), bca(y, first, second)
    case["delong-of-groups"] = delong_of_groups(y, first, second, np.arange(len(y)) // 8)
    splits = [float(metrics.accuracy_score(y[i::3], second[i::3] >= 0.5) - metrics.accuracy_score(y[i::3], first[i::3] >= 0.5)) for i in range(3)]
    case["resampled-t"] = resampled_t(splits, 700, 100)
    return case


def wine_case():
    data = load_wine()
    half = np.arange(len(data.target)) % 2 == 0
    x, y = data.data[:, :3], data.target
    case = {"label": y[~half].tolist()}
    for side, model in (("champion", make_pipeline(StandardScaler(), LogisticRegression())), ("challenger", RandomForestClassifier(n_estimators=40, random_state=3, max_depth=4))):
        proba = model.fit(x[half], y[half]).predict_proba(x[~half])
        proba = np.clip(proba, 1e-3, None)
        proba /= proba.sum(axis=1, keepdims=True)
        case[side] = proba.tolist()
        w = np.array([1 + i % 4 / 2 for i in range(len(proba))])
        case[side + "-scores"] = several(y[~half], proba.argmax(axis=1), proba, np.ones(len(proba)))
        case[side + "-weighted"] = several(y[~half], proba.argmax(axis=1), proba, w)
    return case


def amount_case():
    y = test["credit_amount"].to_numpy().astype(float)
    case = {"label": y.tolist()}
    guesses = {}
    for side, model in (("champion", Ridge(alpha=1.0)), ("challenger", RandomForestRegressor(n_estimators=60, random_state=5))):
        model, x = fitted("credit_amount", model)
        guesses[side] = np.round(model.predict(x), 2)
        case[side] = guesses[side].tolist()
        case[side + "-scores"] = regression(y, guesses[side], np.ones(len(y)))
        case[side + "-weighted"] = regression(y, guesses[side], weights)
    losses = [np.abs(y - guesses[side]) for side in ("champion", "challenger")]
    case["diebold-mariano"] = [diebold_mariano(*losses, horizon) for horizon in (1, 4)]
    return case


print(json.dumps({"versions": {m.__name__: m.__version__ for m in (sklearn, fairlearn, scipy, statsmodels)}, "pairs": pairs(),
                  "credit": credit_case(), "wine": wine_case(), "amount": amount_case()}, default=float))
