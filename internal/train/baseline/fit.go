package baseline

import (
	"github.com/assay-ml/assay/internal/learn"
	"github.com/assay-ml/assay/internal/stat"
)

// classify fits a logistic regression and scores it beside the predictor that gives everyone the share of positives.
func (r *Result) classify(x, z []float64, train, test frame, classes map[string]int, spec Spec, strength float64) error {
	name, err := positive(classes, spec.Positive)
	if err != nil {
		return err
	}
	r.Task, r.Positive = classification, name
	truth := train.columns[spec.Target].is(name)
	model, err := learn.Logistic(x, r.Features, truth, strength)
	if err != nil {
		return err
	}
	r.model = &model
	tested := test.columns[spec.Target].is(name)
	scores, err := stat.ScoreClassification(tested, learn.Probability(model.Score(z)))
	if err != nil {
		return err
	}
	r.Metrics = finite(namedClassification(scores))
	trivial, err := stat.ScoreClassification(tested, constant(share(truth), len(tested)))
	if err != nil {
		return err
	}
	r.Trivial = finite(namedClassification(trivial))
	return nil
}

func namedClassification(s stat.Classification) map[string]float64 {
	return map[string]float64{"accuracy": s.Accuracy, "balanced_accuracy": s.BalancedAccuracy, "auc": s.AUC, "log_loss": s.LogLoss,
		"brier": s.Brier, "precision": s.Precision, "recall": s.Recall, "f1": s.F1}
}

// regress fits a ridge regression and scores it beside the predictor that gives everyone the mean.
func (r *Result) regress(x, z []float64, train, test frame, strength float64) error {
	r.Task = regression
	truth, tested := train.columns[r.Target].numbers, test.columns[r.Target].numbers
	model, err := learn.Ridge(x, r.Features, truth, strength)
	if err != nil {
		return err
	}
	r.model = &model
	scores, err := stat.ScoreRegression(tested, model.Score(z))
	if err != nil {
		return err
	}
	r.Metrics = finite(map[string]float64{"mae": scores.MAE, "rmse": scores.RMSE, "r2": scores.R2})
	mean := 0.0
	for _, v := range truth {
		mean += v / float64(len(truth))
	}
	trivial, err := stat.ScoreRegression(tested, constant(mean, len(tested)))
	if err != nil {
		return err
	}
	r.Trivial = finite(map[string]float64{"mae": trivial.MAE, "rmse": trivial.RMSE, "r2": trivial.R2})
	return nil
}

// is marks the rows whose label is name.
func (v *values) is(name string) []bool {
	marks := make([]bool, len(v.valid))
	for i := range marks {
		marks[i] = v.label(i) == name
	}
	return marks
}

func share(marks []bool) float64 {
	n := 0.0
	for _, m := range marks {
		if m {
			n++
		}
	}
	return n / float64(len(marks))
}

func constant(v float64, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = v
	}
	return values
}
