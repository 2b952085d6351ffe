package compare

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/data/suite"
)

// pairing is one metric of one suite in both runs.
type pairing struct {
	task                      string
	first, second             suite.Metric
	isLoss                    bool
	category                  string
	hidesItems, hidesCategory bool
}

// itemDiffers is the rule of items that two runs call by one name and that are not the same.
const itemDiffers = "item-differs"

// compare joins both runs by item and repeat, and measures them like two tables.
func (p pairing) compare(entry SuiteSpec, whole Spec, past Past) (Result, *allFlips) {
	isBinary := isBinary(p.first) && isBinary(p.second)
	spec := entry.spec(whole, p.metric(isBinary))
	if p.hasCategories() {
		spec.Slices = []string{p.category}
	}
	result := Result{Champion: entry.Champion, Challenger: entry.Challenger, Need: spec.need(), Pos: entry.Pos}
	j := p.join(isBinary, len(spec.Slices) > 0)
	if result.Rows, result.Faults = int64(j.Rows()), append(j.Faults, p.strangers()...); len(result.Faults) > 0 {
		return result, nil
	}
	result.TestSet = testSetOf(p.task, j)
	result.look(past, whole.Looks)
	v, c := newView(j, ""), spec.at(result.level())
	primary := p.measure(c, v, mustParse(spec.Primary()))
	result.Primary, result.Slices = &primary, c.slices(j, v)
	p.rename(&result)
	if !isBinary {
		return result, nil
	}
	flips := newFlips(j, v, true)
	result.Flips = &flips.Flips
	return result, flips
}

// metric is what scores are compared by: those of 0 and 1 by which items each model is right about, others by their mean.
func (p pairing) metric(isBinary bool) string {
	switch {
	case isBinary && p.isLoss:
		return "error-rate"
	case isBinary:
		return "accuracy"
	case p.isLoss:
		return "mean-loss"
	}
	return "mean"
}

// join joins the rows of both runs.
func (p pairing) join(isBinary, hasCategories bool) *prediction.Joined {
	slice := ""
	if hasCategories {
		slice = p.category
	}
	areRepeated := areRepeated(p.first) || areRepeated(p.second)
	return prediction.JoinRows(p.rows(p.first, isBinary, areRepeated), p.rows(p.second, isBinary, areRepeated), slice, p.hidesItems, p.hidesCategory)
}

// testSetOf names the items of a task: ids alone are numbers of rows, which other tasks have, too.
func testSetOf(task string, j *prediction.Joined) string {
	sum := sha256.Sum256([]byte(task + "\n" + j.TestSet()))
	return hex.EncodeToString(sum[:])
}

// measure compares the scores. Scores that all lie between 0 and 1 move their mean by no more than the share of items that differ, so where
// none differs the interval allows for those that were not seen.
func (p pairing) measure(c comparison, v view, m metric) Measure {
	r := c.measure(v, m, valueOr(c.Margin))
	if r.Verdict != Undefined && r.Low == r.High && isShare(p.first) && isShare(p.second) {
		r.allowForUnseen(c.level)
		r.decide()
	}
	return r
}

// rename calls the measures by the harness's name of the metric.
func (p pairing) rename(r *Result) {
	r.Primary.Metric = p.first.Name
	for i := range r.Slices {
		r.Slices[i].Metric = p.first.Name
	}
}

// rows are a run's answers as the join takes them.
func (p pairing) rows(m suite.Metric, isBinary, areRepeated bool) prediction.Rows {
	n := len(m.Rows)
	rows := prediction.Rows{Keys: make([]string, n), IsNull: make([]bool, n), Slice: make([]string, n)}
	if isBinary {
		rows.Right = make([]bool, n)
	} else {
		rows.Score = make([]float64, n)
	}
	if areRepeated {
		rows.Repeats = make([]string, n)
	}
	for i, row := range m.Rows {
		rows.Keys[i], rows.IsNull[i], rows.Slice[i] = row.Item, row.IsNull, row.Category
		if isBinary {
			rows.Right[i] = (row.Score == 1) != p.isLoss
		} else {
			rows.Score[i] = row.Score
		}
		if areRepeated {
			rows.Repeats[i] = row.Repeat
		}
	}
	return rows
}

// hasCategories reports whether there are categories to look at one by one, and not too many.
func (p pairing) hasCategories() bool {
	seen := map[string]bool{}
	for _, row := range p.first.Rows {
		seen[row.Category] = true
	}
	return 1 < len(seen) && len(seen) <= maxSlices
}

// strangers reports items of one name whose content differs from run to run: they are other questions.
func (p pairing) strangers() []prediction.Fault {
	contents := map[string]string{}
	for _, row := range p.first.Rows {
		contents[row.Item] = row.Content
	}
	var count int64
	var keys []string
	for _, row := range p.second.Rows {
		content, ok := contents[row.Item]
		if !ok || content == "" || row.Content == "" || content == row.Content {
			continue
		}
		if count++; len(keys) < maxStrangers && !p.hidesItems {
			keys = append(keys, fmt.Sprintf("%.60s", row.Item))
		}
	}
	if count == 0 {
		return nil
	}
	return []prediction.Fault{{Rule: itemDiffers, Side: "both", Count: count, Keys: keys}}
}

// maxStrangers bounds the items that a fault names.
const maxStrangers = 5

// isBinary reports whether all scores that there are, are 0 or 1. NaN is a score that is none, and left to the join.
func isBinary(m suite.Metric) bool {
	for _, row := range m.Rows {
		if !row.IsNull && row.Score != 0 && row.Score != 1 {
			return false
		}
	}
	return true
}

// isShare reports whether all scores lie between 0 and 1.
func isShare(m suite.Metric) bool {
	for _, row := range m.Rows {
		if !(0 <= row.Score && row.Score <= 1) {
			return false
		}
	}
	return true
}

// areRepeated reports whether answers of one item are told apart by a repeat.
func areRepeated(m suite.Metric) bool {
	for _, row := range m.Rows {
		if row.Repeat != m.Rows[0].Repeat {
			return true
		}
	}
	return false
}
