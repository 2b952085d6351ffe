package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/stat"
)

// kind is what a metric is computed from.
type kind int

const (
	ofClasses       kind = iota // true and predicted class
	ofProbabilities             // true class and probabilities
	ofNumbers                   // true and predicted number
	ofRanks                     // relevance and score, within groups
	ofScores                    // each row's own score
)

// metric is a named quantity of one model's answers.
type metric struct {
	name      string
	kind      kind
	isLoss    bool    // lower is better
	parameter float64 // of ndcg@k and pinball@q
	build     func(view, answers, float64) (scorer, error)
}

// scorer is a metric of rows that count as often as weights say; NaN where it has no value.
type scorer func(weights []float64) float64

// metrics are those that there are. Each is scikit-learn's of the name in docs/compare.md.
var metrics = []metric{
	{name: "accuracy", build: confusion(stat.Confusion.Accuracy)},
	{name: "error-rate", isLoss: true, build: confusion(errorRate)},
	{name: "balanced-accuracy", build: confusion(stat.Confusion.BalancedAccuracy)},
	{name: "precision", build: ofPositive(stat.Precision)},
	{name: "precision-macro", build: macro(stat.Precision)},
	{name: "precision-weighted", build: weighted(stat.Precision)},
	{name: "recall", build: ofPositive(stat.Recall)},
	{name: "recall-macro", build: macro(stat.Recall)},
	{name: "recall-weighted", build: weighted(stat.Recall)},
	{name: "f1", build: ofPositive(stat.F1)},
	{name: "f1-macro", build: macro(stat.F1)},
	{name: "f1-weighted", build: weighted(stat.F1)},
	{name: "auc", kind: ofProbabilities, build: ranked(stat.Ranking.AUC)},
	{name: "average-precision", kind: ofProbabilities, build: ranked(stat.Ranking.AveragePrecision)},
	{name: "log-loss", kind: ofProbabilities, isLoss: true, build: probabilityMean(logLoss)},
	{name: "brier", kind: ofProbabilities, isLoss: true, build: probabilityMean(brier)},
	{name: "ece", kind: ofProbabilities, isLoss: true, build: calibration},
	{name: "mae", kind: ofNumbers, isLoss: true, build: errorMean(absoluteError)},
	{name: "mse", kind: ofNumbers, isLoss: true, build: errorMean(squaredError)},
	{name: "rmse", kind: ofNumbers, isLoss: true, build: rootMeanSquare},
	{name: "mape", kind: ofNumbers, isLoss: true, build: errorMean(percentageError)},
	{name: "pinball", kind: ofNumbers, isLoss: true, parameter: 0.5, build: errorMean(pinball)},
	{name: "r2", kind: ofNumbers, build: rSquared},
	{name: "ndcg", kind: ofRanks, build: groupMean(stat.NDCG)},
	{name: "mrr", kind: ofRanks, build: groupMean(func(relevance, score []float64, _ int) float64 { return stat.ReciprocalRank(relevance, score) })},
	{name: "mean", kind: ofScores, build: rowMean},
	{name: "mean-loss", kind: ofScores, isLoss: true, build: rowMean},
}

func (m metric) isNumeric() bool { return m.kind == ofNumbers || m.kind == ofRanks }

// parseMetric reads a name such as f1-macro, ndcg@10 or pinball@0.9.
func parseMetric(text string) (metric, error) {
	name, parameter, hasParameter := strings.Cut(text, "@")
	i := slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })
	if i < 0 {
		return metric{}, fmt.Errorf("there is no metric %q", text)
	}
	m := metrics[i]
	m.name = text
	if !hasParameter {
		return m, nil
	}
	var err error
	m.parameter, err = strconv.ParseFloat(parameter, 64)
	isPlace := name == "ndcg" && m.parameter >= 1 && m.parameter == math.Trunc(m.parameter)
	isQuantile := name == "pinball" && 0 < m.parameter && m.parameter < 1
	if err != nil || !isPlace && !isQuantile {
		return metric{}, fmt.Errorf("metric %q cannot have %q after the @", name, parameter)
	}
	return m, nil
}

// mustParse reads a name that was checked before.
func mustParse(name string) metric {
	m, err := parseMetric(name)
	if err != nil {
		panic("compare: " + err.Error())
	}
	return m
}

// metricNames lists the metrics as people write them.
func metricNames() string {
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = m.name
	}
	return strings.NewReplacer("ndcg", "ndcg@K", "pinball", "pinball@Q").Replace(strings.Join(names, ", "))
}
