"""Times bootstrap replicates of the difference of two models' F1 and AUC by scipy.stats.bootstrap and scikit-learn's metrics.

It prints the metric, seconds and seconds of processor time for 2000 replicates, scaled from fewer.

Usage: bootstrap_scipy.py ROWS REPLICATES"""

import sys
import time

import numpy as np
from scipy import stats
from sklearn import metrics

rows, replicates = int(sys.argv[1]), int(sys.argv[2])
random = np.random.default_rng(1)
label = random.random(rows) < 0.4
common = 1.5 * label + 0.8 * random.standard_normal(rows)
scores = [common + 0.6 * random.standard_normal(rows) for _ in range(2)]
said = [s > 0.5 for s in scores]
for name, score, columns in (("F1", metrics.f1_score, said), ("AUC", metrics.roc_auc_score, scores)):
    start, before = time.perf_counter(), time.process_time()
    # percentile, not BCa: its jackknife would evaluate the metric once for each row
    stats.bootstrap((label, *columns), lambda y, a, b: score(y, b) - score(y, a), paired=True, vectorized=False, method="percentile",
                    n_resamples=replicates, rng=random)
    scale = 2000 / replicates
    print(f"{name} {scale * (time.perf_counter() - start):.1f} {scale * (time.process_time() - before):.1f}", flush=True)
