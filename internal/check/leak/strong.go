package leak

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/stat"
)

// Strength is how well one column alone predicts the label.
type Strength struct {
	Column  string  `json:"column"`
	Measure string  `json:"measure"` // auc or r2
	Value   float64 `json:"value"`
	Low     float64 `json:"low"` // the 95 % interval
	High    float64 `json:"high"`
}

func (s Strength) measure() string {
	if s.Measure == "r2" {
		return "R²"
	}
	return "AUC"
}

func (s Strength) String() string {
	return fmt.Sprintf("%s (%s %.3f, %.3f to %.3f)", s.Column, s.measure(), s.Value, s.Low, s.High)
}

// strong looks for columns of train that alone predict the label better than data of the real world does.
func (s search) strong() ([]Check, error) {
	names := s.features()
	if s.spec.Label != "" && len(names) == 0 {
		return []Check{Check{Rule: "strong-features"}.unable(finding.Missing, "the tables have no feature in common")}, nil
	}
	drawn, checks, err := s.labelled("strong-features", names)
	if drawn == nil {
		return checks, err
	}
	strengths := make([]Strength, len(names))
	for i, name := range names {
		strengths[i] = drawn.target.strength(drawn.columns[name])
		strengths[i].Column = name
	}
	slices.SortStableFunc(strengths, func(a, b Strength) int { return compareDescending(a.Value, b.Value) })
	return []Check{s.judgeStrengths(strengths, drawn)}, nil
}

// judgeStrengths holds the columns against the limit, the strongest first. An interval that reaches below the limit is no
// proof.
func (s search) judgeStrengths(strengths []Strength, drawn *sample) Check {
	given := s.spec.MaxAUC
	if drawn.target.isNumber {
		given = s.spec.MaxR2
	}
	limit := valueOr(given, defaultStrength)
	check := Check{Rule: "strong-features", Outcome: finding.Pass}
	var texts []string
	for _, strength := range strengths {
		if strength.Value <= limit {
			break
		}
		check.Columns, texts = append(check.Columns, strength.Column), append(texts, strength.String())
		check.Outcome = finding.Worst(check.Outcome, s.suspicion(given, strength.Low > limit))
	}
	check.Count = int64(len(texts))
	check.Strengths = strengths[:min(len(strengths), maxNamed)]
	check.Message = fmt.Sprintf("no column of %s alone predicts %s; the strongest is %s; limit %v%s", s.train.Name(), s.spec.Label, strengths[0], limit, drawn.part())
	if len(texts) > 0 {
		check.Message = fmt.Sprintf("columns of %s that alone predict %s: %s; limit %v%s", s.train.Name(), s.spec.Label, list(texts), limit, drawn.part())
	}
	return check
}

// suspicion is what a find costs that proves nothing by itself: a warning, unless the user set the limit that it surely
// breaks.
func (s search) suspicion(limit *source.Number, surely bool) finding.Outcome {
	if limit == nil || !surely {
		return finding.Warn
	}
	return s.spec.Severity.Broken()
}

// strength judges one column: by the order of its values, and by what other rows with the same value have for a label. The
// better counts.
func (t *target) strength(c *column) Strength {
	if t.isNumber {
		return t.explained(c)
	}
	weakest := Strength{Measure: "auc", Value: math.Inf(1)}
	for _, class := range t.classes {
		auc := 0.0
		for _, score := range t.scores(c, class.indicator()) {
			auc = max(auc, stat.AUC(class.positive, score))
		}
		if auc < weakest.Value {
			weakest.Value = auc
			weakest.Low, weakest.High = stat.AUCInterval(auc, class.members, class.remainder)
		}
	}
	return weakest
}

// explained is the strength for a label of numbers: the squared correlation with its ranks.
func (t *target) explained(c *column) Strength {
	best := 0.0
	for _, score := range t.scores(c, t.ranks) {
		if r := stat.Correlation(stat.Ranks(score), t.ranks); r > best {
			best = r
		}
	}
	low, high := stat.SpearmanInterval(best, int64(len(t.rows)))
	low = max(low, 0)
	return Strength{Measure: "r2", Value: best * best, Low: low * low, High: high * high}
}

func compareDescending[T cmp.Ordered](a, b T) int { return cmp.Compare(b, a) }
