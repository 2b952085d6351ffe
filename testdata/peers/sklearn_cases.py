"""Prints scikit-learn's numbers for the built-in trainer's model on the bundled data, as JSON: rows 1 to 700 train, the rest
test; numbers standardized by the training rows, categories one-hot, unseen ones ignored."""

import json
import os

import numpy as np
import pandas as pd
import sklearn
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

here = os.path.dirname(os.path.abspath(__file__))
table = pd.read_csv(os.path.join(here, "..", "german_credit.csv"), keep_default_na=False)
train, test = table[:700], table[700:]


def pipeline(target, model):
    features = [c for c in table.columns if c != target]
    numbers = [c for c in features if pd.api.types.is_numeric_dtype(table[c])]
    texts = [c for c in features if c not in numbers]
    encode = ColumnTransformer([("n", StandardScaler(), numbers), ("c", OneHotEncoder(handle_unknown="ignore"), texts)])
    return make_pipeline(encode, model).fit(train[features], train[target]), test[features]


def classification():
    model, x = pipeline("class", LogisticRegression(C=1.0, tol=1e-12, max_iter=100000, solver="newton-cholesky"))
    p = model.predict_proba(x)[:, list(model.classes_).index("bad")]
    return scores(test["class"] == "bad", p)


def scores(truth, p):
    label = p >= 0.5
    return {"accuracy": metrics.accuracy_score(truth, label), "balanced_accuracy": metrics.balanced_accuracy_score(truth, label),
            "auc": metrics.roc_auc_score(truth, p), "log_loss": metrics.log_loss(truth, p),
            "brier": metrics.brier_score_loss(truth, p), "precision": metrics.precision_score(truth, label),
            "recall": metrics.recall_score(truth, label), "f1": metrics.f1_score(truth, label)}


def regression():
    model, x = pipeline("credit_amount", Ridge(alpha=1.0, solver="cholesky"))
    guess = model.predict(x)
    truth = test["credit_amount"]
    return {"mae": metrics.mean_absolute_error(truth, guess), "rmse": float(np.sqrt(metrics.mean_squared_error(truth, guess))),
            "r2": metrics.r2_score(truth, guess)}


def ties():
    """Scores of few distinct probabilities, some of them 0 and 1."""
    truth = np.array([i * 7 % 3 == 0 for i in range(60)])
    p = np.array([i * 5 % 11 / 10 for i in range(60)])
    return scores(truth, p)


def plain(numbers):
    return {k: float(v) for k, v in numbers.items()}


print(json.dumps({"scikit-learn": sklearn.__version__, "classification": plain(classification()),
                  "regression": plain(regression()), "ties": plain(ties())}, indent=1))
