package leak

import (
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/shingle"
)

// longText is how many characters the texts of a column have on average that is searched without being named. Shorter ones
// are categories and names, which two tables share by their nature.
const longText = 40

// texts looks for texts of test that stand in train, or nearly so, in each column of texts.
func (s search) texts() ([]Check, error) {
	columns := s.spec.Text
	if missing := s.missing(columns...); len(missing) > 0 {
		return absent("near-duplicates", missing), nil
	}
	if len(columns) == 0 {
		var err error
		if columns, err = s.longTexts(); err != nil {
			return nil, err
		}
	}
	var checks []Check
	for _, column := range columns {
		check, err := s.nearDuplicates(column)
		if err != nil {
			return nil, err
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// longTexts lists the features that hold long texts in test.
func (s search) longTexts() ([]string, error) {
	candidates := slices.DeleteFunc(s.features(), func(name string) bool { return !s.isText(name) })
	expressions := make([]string, len(candidates))
	for i, name := range candidates {
		expressions[i] = "avg(length(" + table.Identifier(name) + "))"
	}
	lengths, err := s.test.Aggregate(s.ctx, expressions...)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, name := range candidates {
		if lengths[i].Valid && lengths[i].Number >= longText {
			names = append(names, name)
		}
	}
	return names, nil
}

func (s search) isText(name string) bool {
	inTest, inTrain := s.both(name)
	return inTest.Kind == table.String && inTrain.Kind == table.String
}

// nearDuplicates searches one column: MinHash bands find the candidates, the shingles of both texts decide.
func (s search) nearDuplicates(column string) (Check, error) {
	check := Check{Rule: "near-duplicates", Columns: []string{column}}
	if !s.isText(column) {
		inTest, inTrain := s.both(column)
		return check.unable(finding.Missing, fmt.Sprintf("%s is %s in %s and %s in %s, not text", column, inTest.Kind, s.test.Name(), inTrain.Kind, s.train.Name())), nil
	}
	threshold := s.spec.similarity()
	n := &near{search: s, column: column, threshold: threshold, screen: shingle.ScreenFor(threshold)}
	for _, pass := range []func() error{n.index, n.pair, n.verify} {
		if err := pass(); err != nil {
			return Check{}, err
		}
	}
	return n.check(check)
}

// check says what was found.
func (n *near) check(check Check) (Check, error) {
	for _, side := range []struct {
		name  string
		texts int
	}{{n.search.test.Name(), len(n.rows)}, {n.search.train.Name(), n.others}} {
		if side.texts == 0 {
			return check.unable(finding.Missing, fmt.Sprintf("%s holds no text in %s", n.column, side.name)), nil
		}
	}
	found, undecided := n.found()
	share := float64(len(found)) / float64(n.looked)
	check.Count, check.Share, check.Outcome = int64(len(found)), &share, n.search.judge(share)
	check.Message = fmt.Sprintf("%s rows of %s hold a text in %s that stands in %s, word for word or nearly (%s)",
		counted(check.Count), n.search.test.Name(), n.column, n.search.train.Name(), n.method())
	if undecided > 0 {
		check.Message += fmt.Sprintf("; %d rows have more similar texts in %s than were compared", undecided, n.search.train.Name())
	}
	if most := share + float64(undecided)/float64(n.looked); check.Outcome == finding.Pass && n.search.judge(most) != finding.Pass {
		return check.unable(finding.Undefined, check.Message), nil
	}
	var err error
	check.Examples, err = n.examples(found)
	return check, err
}

// method states the threshold, what may be missed, and how much was looked at.
func (n *near) method() string {
	text := fmt.Sprintf("similarity of %d-character shingles %v or more", shingle.Length, n.threshold)
	if miss := n.screen.Miss(n.threshold); miss > 0 {
		text += fmt.Sprintf("; a pair right at it is missed with probability %.1g", miss)
	}
	if n.looked < n.search.testRows {
		text += fmt.Sprintf("; in a sample of %d rows", n.looked)
	}
	return text
}

// examples shows the most similar texts, each with the row of train that it stands beside.
func (n *near) examples(found []uint32) ([]Example, error) {
	slices.SortStableFunc(found, func(a, b uint32) int { return compareDescending(n.best[a].similarity, n.best[b].similarity) })
	found = found[:min(len(found), maxExamples)]
	mine, theirs := make([]int64, len(found)), make([]int64, len(found))
	for i, ordinal := range found {
		mine[i], theirs[i] = n.rows[ordinal], n.best[ordinal].train
	}
	shown := n.search.shown([]string{n.column})
	rows, err := n.search.test.At(n.search.ctx, mine, shown)
	if err != nil {
		return nil, err
	}
	twins, err := n.search.train.At(n.search.ctx, theirs, []string{n.column})
	if err != nil {
		return nil, err
	}
	examples := n.search.render(rows, shown)
	for i, twin := range twins {
		examples[i].Twin = &Twin{File: twin.File, Row: twin.Row, Similarity: n.best[found[i]].similarity}
	}
	return examples, nil
}
