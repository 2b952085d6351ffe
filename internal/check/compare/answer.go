package compare

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Kind names comparisons in result files.
func (Result) Kind() string { return "compare" }

// Findings are one for each fault of the files; else one for each metric and slice that was judged.
func (r Result) Findings() []finding.Finding {
	var all []finding.Finding
	for _, fault := range r.Faults {
		all = append(all, r.fault(fault))
	}
	if r.Primary == nil {
		return all
	}
	all = append(all, r.finding(*r.Primary, "compare", r.Need, r.Pos))
	for i, m := range r.Critical {
		pos := source.Pos{}
		if i < len(r.Places) {
			pos = r.Places[i]
		}
		all = append(all, r.finding(m, "critical", NeedNotWorse, pos))
	}
	for _, m := range r.Advisory {
		all = append(all, warning(m, "advisory", m.Metric))
	}
	for _, s := range r.Slices {
		all = append(all, s.finding())
	}
	for _, d := range r.Fairness {
		if d.Limit != nil {
			all = append(all, d.finding())
		}
	}
	if r.Looks != nil && r.Looks.count() > 1 {
		all = append(all, r.looked())
	}
	return all
}

// finding is a metric of which a verdict is needed. Too few rows block: promoting on what cannot be told is what the
// comparison is to prevent.
func (r Result) finding(m Measure, rule string, need Need, pos source.Pos) finding.Finding {
	f := finding.Finding{Rule: rule, Subject: m.Metric, Outcome: m.Verdict.Meets(need), Pos: pos, Message: m.sentence()}
	switch m.Verdict {
	case Inconclusive:
		f = f.NotRunIf(finding.TooFewRows, true)
		f.Hint = m.takes()
	case Undefined:
		f = f.NotRunIf(m.Cause, true)
	case NotWorse:
		if f.Outcome == finding.Fail {
			f.Message += ", and better is needed"
			f.Hint = "with need: not-worse this would pass"
		}
	case Worse:
		f.Hint = "look at the rows that flipped and at the slices that fell"
	}
	return f
}

// warning is a metric that decides nothing: it warns where the challenger is worse, or where there is no value.
func warning(m Measure, rule, subject string) finding.Finding {
	f := finding.Finding{Rule: rule, Subject: subject, Outcome: finding.Pass, Message: m.sentence()}
	switch m.Verdict {
	case Worse, Undefined:
		f.Outcome = finding.Warn
	case Inconclusive:
		f = f.NotRunIf(finding.TooFewRows, false)
	}
	return f
}

// sliceRule is the rule of findings about slices.
const sliceRule = "slice"

func (s Slice) finding() finding.Finding {
	name := s.Column + " = " + s.Level
	f := warning(s.Measure, sliceRule, name)
	if s.Verdict == Undefined {
		f = f.NotRunIf(s.Cause, s.Cause != finding.TooFewRows)
	}
	f.Message = "where " + name + ": " + f.Message
	return f
}

// sentence says both values, the gain with its interval, and the verdict.
func (m Measure) sentence() string {
	if m.Verdict == Undefined {
		return m.Metric + " could not be compared: " + m.Why
	}
	text := fmt.Sprintf("%s: the challenger is %s: %s against %s, gain %s (%s)", m.Metric, m.Verdict, number(m.Challenger), number(m.Champion),
		signed(m.Gain), between(m.Low, m.High))
	if m.Verdict == Inconclusive {
		text = strings.Replace(text, "the challenger is inconclusive", "inconclusive", 1)
	}
	return text + m.marginWords()
}

func number(v float64) string { return fmt.Sprintf("%.4g", v) }

// between is an interval as people read it.
func between(low, high float64) string { return signed(low) + " … " + signed(high) }

func signed(v float64) string { return strings.Replace(fmt.Sprintf("%+.3g", v), "-", "−", 1) }

// wrongRepeats is the fault of more or fewer trainings than the spec says.
const wrongRepeats = "wrong-repeats"

// faultWords say what is wrong with so many rows, and what to do.
var faultWords = map[string]struct {
	outcome     finding.Outcome
	cause       finding.Cause
	words, hint string
}{
	prediction.MissingColumn: {finding.NotRun, finding.Missing, "has no column", "write it, or correct its name under compare"},
	prediction.NullKey:       {finding.Fail, "", "%d rows without a key", "give each row a key"},
	prediction.WideKey:       {finding.Fail, "", "keys beyond 2⁵³, which are not read exactly", "write the keys as text"},
	prediction.DuplicateKey:  {finding.Fail, "", "%d rows whose key stood before", "one row a key, or name the column that tells them apart under repeat"},
	prediction.MissingRow:    {finding.Fail, "", "%d rows of the champion are missing", "score both models on the same rows"},
	prediction.ExtraRow:      {finding.Fail, "", "%d rows that the champion does not have", "score both models on the same rows"},
	prediction.LabelDiffers:  {finding.Fail, "", "%d rows have another label in each file", "score both models against the same labels"},
	prediction.NullValue:     {finding.NotRun, finding.Missing, "%d rows without a value", "every row needs one"},
	prediction.NotFinite:     {finding.NotRun, finding.NotFinite, "%d rows whose value is no finite number", "write finite numbers"},
	prediction.NotANumber:    {finding.Fail, "", "texts where numbers are needed", "write numbers"},
	prediction.NegativeValue: {finding.Fail, "", "%d rows whose weight is negative", "weights are 0 or more"},
	itemDiffers:              {finding.Fail, "", "%d items are other questions in each run", "evaluate both models on the same version of the suite"},
	wrongRepeats:             {finding.Fail, "", "%d trainings, and not as many as repeats says", "write the predictions of each training, or correct repeats"},
	prediction.StrangeClass:  {finding.Fail, "", "no class that the labels have", "write predictions and labels in the same words"},
}

func (r Result) fault(fault prediction.Fault) finding.Finding {
	known, ok := faultWords[fault.Rule]
	if !ok {
		return finding.Finding{Rule: fault.Rule, Subject: fault.Side, Message: "an unknown fault: " + fault.Rule}
	}
	words := known.words
	if strings.Contains(words, "%d") {
		words = fmt.Sprintf(words, fault.Count)
	}
	f := finding.Finding{Rule: fault.Rule, Subject: r.sideName(fault.Side), Outcome: known.outcome, Hint: known.hint, Pos: r.Pos}
	f.Message = f.Subject + ": " + words
	if fault.Column != "" {
		f.Message += " " + fault.Column
	}
	if len(fault.Keys) > 0 {
		f.Message += ": " + strings.Join(fault.Keys, "; ")
		if fault.Count > int64(len(fault.Keys)) {
			f.Message += " …"
		}
	}
	if known.outcome == finding.NotRun {
		f = f.NotRunIf(known.cause, true)
	}
	return f
}

func (r Result) sideName(side string) string {
	switch side {
	case "champion":
		return "champion " + r.Champion
	case "challenger":
		return "challenger " + r.Challenger
	default:
		return r.Champion + " and " + r.Challenger
	}
}
