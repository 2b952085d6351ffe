package decay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
)

// Tables are those that the spec names. Labels is that of the predictions where the spec names none, Calibrate nil where it asks for no
// estimate. All are open in one engine.
type Tables struct{ Predictions, Labels, Calibrate *table.Table }

// Input is what performance is held against.
type Input struct {
	Promoted *float64  // the metric at promotion; nil where nobody knows
	Since    time.Time // of the promotion
	Now      time.Time
}

// Measure reads the predictions since promotion with their labels and decides. What keeps it from deciding is an answer too: it
// stands in Unknown. Scratch is a folder for temporary files.
func Measure(ctx context.Context, tables Tables, spec Spec, in Input, scratch string) (Result, error) {
	spec = spec.WithDefaults()
	blank := Result{Metric: spec.Metric, FalseAlarms: spec.falseAlarms(), Since: in.Since}
	if in.Promoted == nil || math.IsNaN(*in.Promoted) || math.IsInf(*in.Promoted, 0) {
		blank.Unknown = fmt.Sprintf("the record of the version in production has no metric %s", spec.PromotedMetric())
		return blank, nil
	}
	blank.Promoted, blank.Limit = *in.Promoted, spec.limit(*in.Promoted)
	m := measurement{spec: spec, tables: tables, scratch: scratch}
	var result Result
	err := table.Settled(func() (err error) {
		result, err = m.run(ctx, reference{*in.Promoted, in.Since}, in.Now)
		return err
	})
	var unfit unfitError
	if errors.As(err, &unfit) {
		blank.Unknown = unfit.why
		return blank, nil
	}
	return result, err
}

// unfitError is what the tables lack for the question.
type unfitError struct{ why string }

func (e unfitError) Error() string { return e.why }

func unfit(format string, args ...any) error { return unfitError{fmt.Sprintf(format, args...)} }

// measurement is a Measure under way.
type measurement struct {
	spec    Spec
	tables  Tables
	scratch string
}

func (m measurement) run(ctx context.Context, against reference, now time.Time) (Result, error) {
	if err := m.check(ctx); err != nil {
		return Result{}, err
	}
	calibration, why, err := m.calibration(ctx)
	if err != nil {
		return Result{}, err
	}
	rows, unusable, err := m.rows(ctx, against.since, calibration)
	if err != nil {
		return Result{}, err
	}
	result := m.spec.assess(rows, against, now)
	result.Counts.Unusable = unusable
	result.Counts.All += unusable
	switch {
	case calibration != nil:
		guess := calibration.estimate(rows, result.Limit)
		result.Estimated = &guess
	case why != "":
		result.Estimated = &Guess{Unknown: why}
	}
	return result, nil
}

// check asks for the columns and for keys that tell rows apart.
func (m measurement) check(ctx context.Context) error {
	spec := m.spec
	wanted := []struct {
		table   *table.Table
		columns []string
	}{{m.tables.Predictions, append([]string{spec.Time, spec.Prediction}, spec.Key...)}, {m.tables.Labels, append([]string{spec.Label}, spec.Key...)}}
	if spec.LabelTime != "" {
		wanted[1].columns = append(wanted[1].columns, spec.LabelTime)
	}
	if spec.needsScore() {
		wanted[0].columns = append(wanted[0].columns, spec.Score)
	}
	for _, w := range wanted {
		for _, name := range w.columns {
			if _, ok := w.table.Column(name); !ok {
				return unfit("table %s has no column %s", w.table.Name(), name)
			}
		}
	}
	if err := m.kinds(); err != nil {
		return err
	}
	if m.tables.Labels == m.tables.Predictions {
		return nil
	}
	for _, t := range []*table.Table{m.tables.Predictions, m.tables.Labels} {
		if err := m.unique(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// kinds asks whether columns hold what is read of them: times, and numbers.
func (m measurement) kinds() error {
	spec := m.spec
	isTime := func(k table.Kind) bool { return k == table.Date || k == table.Timestamp }
	wanted := []struct {
		table  *table.Table
		column string
		is     func(table.Kind) bool
		what   string
		asked  bool
	}{
		{m.tables.Predictions, spec.Time, isTime, "dates or times", true},
		{m.tables.Labels, spec.LabelTime, isTime, "dates or times", spec.LabelTime != ""},
		{m.tables.Predictions, spec.Score, table.Kind.IsNumeric, "numbers", spec.needsScore()},
		{m.tables.Predictions, spec.Prediction, table.Kind.IsNumeric, "numbers", spec.Metric == AbsoluteError},
		{m.tables.Labels, spec.Label, table.Kind.IsNumeric, "numbers", spec.Metric == AbsoluteError},
	}
	for _, w := range wanted {
		if column, _ := w.table.Column(w.column); w.asked && !w.is(column.Kind) {
			return unfit("column %s of table %s holds no %s", w.column, w.table.Name(), w.what)
		}
	}
	return nil
}

// unique refuses a table in which one key stands twice: a join would count its rows twice.
func (m measurement) unique(ctx context.Context, t *table.Table) error {
	keys := strings.Join(identifiers(m.spec.Key), ", ")
	answer, err := t.Engine().Query(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM %s GROUP BY ALL HAVING count(*) > 1)", keys, t.Relation()))
	if err != nil {
		return err
	}
	if twice := int64(answer.Rows[0][0].Number); twice > 0 {
		return unfit("%d keys stand more than once in table %s", twice, t.Name())
	}
	return nil
}

func identifiers(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = table.Identifier(name)
	}
	return quoted
}

// rows reads the predictions since promotion, with how many of them cannot be used.
func (m measurement) rows(ctx context.Context, since time.Time, c *calibration) (rows []Row, unusable int64, err error) {
	err = m.read(ctx, m.query(since), func(chunk *table.Chunk) error {
		for i := range chunk.Len {
			row, ok := m.row(chunk.Columns, i, c)
			if !ok {
				unusable++
				continue
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, unusable, err
}

// The columns of query.
const (
	columnAt = iota
	columnLabelled
	columnKnown
	columnGood
	columnCounts
	columnScore
	columnPredicted
)

// query gives for each prediction since promotion its time, whether it has a label and since when, what the metric says of it, and what an
// estimate needs.
func (m measurement) query(since time.Time) string {
	s, labels := m.spec, "p."
	from := "(SELECT *, row_number() OVER () AS " + place + " FROM " + m.tables.Predictions.Relation() + ") p"
	if m.tables.Labels != m.tables.Predictions {
		labels, from = "l.", from+" LEFT JOIN "+m.tables.Labels.Relation()+" l USING ("+strings.Join(identifiers(s.Key), ", ")+")"
	}
	at, label, prediction := "epoch(p."+table.Identifier(s.Time)+")", labels+table.Identifier(s.Label), "p."+table.Identifier(s.Prediction)
	known, score := "NULL", "NULL"
	if s.LabelTime != "" {
		known = "epoch(" + labels + table.Identifier(s.LabelTime) + ")"
	}
	if s.needsScore() {
		score = "p." + table.Identifier(s.Score)
	}
	positive := table.Literal(s.Positive)
	isPositive, predicted := "CAST("+label+" AS VARCHAR) = "+positive, "CAST("+prediction+" AS VARCHAR) = "+positive
	counts := map[Metric]string{Recall: isPositive, Precision: predicted}[s.Metric]
	if counts == "" {
		counts = "TRUE"
	}
	fields := []string{at, label + " IS NOT NULL", known, m.good(label, prediction, score, isPositive), counts, score, predicted}
	for i, field := range fields {
		fields[i] = fmt.Sprintf("CAST(%s AS DOUBLE) AS f%d", field, i)
	}
	return fmt.Sprintf("SELECT * EXCLUDE (%s) FROM (SELECT %s, %[1]s FROM %[3]s) WHERE f0 IS NULL OR f0 >= %d ORDER BY f0, %[1]s", place, strings.Join(fields, ", "), from, since.Unix())
}

// place is the row's number in its file: what orders predictions of one time may not depend on whether they were right.
const place = `"assay row"`

// good is the SQL of a labelled row's goodness.
func (m measurement) good(label, prediction, score, isPositive string) string {
	switch m.spec.Metric {
	case Brier:
		return "1 - pow(" + score + " - CAST(" + isPositive + " AS INTEGER), 2)"
	case AbsoluteError:
		unit := m.spec.scale().unit
		return fmt.Sprintf("1 - least(abs(CAST(%s AS DOUBLE) - CAST(%s AS DOUBLE)), %v) / %[3]v", prediction, label, unit)
	}
	left, _ := m.tables.Labels.Column(m.spec.Label)
	right, _ := m.tables.Predictions.Column(m.spec.Prediction)
	if left.Kind.IsNumeric() && right.Kind.IsNumeric() {
		return label + " = " + prediction
	}
	return "CAST(" + label + " AS VARCHAR) = CAST(" + prediction + " AS VARCHAR)"
}

// row reads one prediction; it is false for one that cannot be used.
func (m measurement) row(columns []table.Vector, i int, c *calibration) (Row, bool) {
	number := func(column int) (float64, bool) {
		v := &columns[column]
		if !v.Valid(i) || math.IsNaN(v.Numbers[i]) || math.IsInf(v.Numbers[i], 0) {
			return 0, false
		}
		return v.Numbers[i], true
	}
	at, ok := number(columnAt)
	predicted, hasPrediction := number(columnPredicted)
	if !ok || !hasPrediction {
		return Row{}, false
	}
	row := Row{At: moments(at), Counts: true}
	if known, ok := number(columnKnown); ok {
		row.Known = moments(known)
	}
	if counts, ok := number(columnCounts); ok {
		row.Counts = counts == 1
	}
	labelled, _ := number(columnLabelled)
	row.Labelled = labelled == 1
	score, hasScore := number(columnScore)
	hasScore = hasScore && 0 <= score && score <= 1
	if row.Labelled {
		row.Good, ok = number(columnGood)
		return row, ok && 0 <= row.Good && row.Good <= 1 && (m.spec.Metric != Brier || hasScore)
	}
	if c != nil {
		if !hasScore {
			return row, false
		}
		row.Expected = c.expected(score, predicted == 1)
	}
	return row, true
}

// moments is a time in seconds.
func moments(seconds float64) time.Time {
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC()
}

// read runs a query and hands out its rows, through a file: they may be many.
func (m measurement) read(ctx context.Context, query string, consume func(*table.Chunk) error) error {
	dir, err := os.MkdirTemp(m.scratch, "decay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "rows.parquet")
	predictions := m.tables.Predictions
	if err := predictions.ExportResult(ctx, path, query); err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	opened, err := predictions.Engine().Open(ctx, filepath.Base(dir), dir, table.Spec{Path: path}, false)
	if err != nil {
		return err
	}
	return opened.Scan(ctx, nil, consume)
}

// calibration reads the held-out rows. The text says why there is no estimate where one was asked for.
func (m measurement) calibration(ctx context.Context) (*calibration, string, error) {
	held := m.tables.Calibrate
	if held == nil {
		return nil, "", nil
	}
	for _, name := range []string{m.spec.Label, m.spec.Prediction, m.spec.Score} {
		if _, ok := held.Column(name); !ok {
			return nil, fmt.Sprintf("table %s has no column %s", held.Name(), name), nil
		}
	}
	shared, err := m.shared(ctx)
	if err != nil || shared > 0 {
		return nil, fmt.Sprintf("table %s is not held out: %d of its rows are among the predictions", held.Name(), shared), err
	}
	var rows []Labelled
	positive := table.Literal(m.spec.Positive)
	query := fmt.Sprintf("SELECT * FROM (SELECT CAST(%s AS DOUBLE) AS f0, CAST(CAST(%s AS VARCHAR) = %s AS DOUBLE) AS f1, CAST(CAST(%s AS VARCHAR) = %[3]s AS DOUBLE) AS f2 FROM %[5]s)"+
		" WHERE f0 BETWEEN 0 AND 1 AND f1 IS NOT NULL AND f2 IS NOT NULL", table.Identifier(m.spec.Score), table.Identifier(m.spec.Label), positive, table.Identifier(m.spec.Prediction), held.Relation())
	err = m.read(ctx, query, func(chunk *table.Chunk) error {
		for i := range chunk.Len {
			rows = append(rows, Labelled{chunk.Columns[0].Numbers[i], chunk.Columns[1].Numbers[i] == 1, chunk.Columns[2].Numbers[i] == 1})
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	c, why := m.spec.calibrate(rows)
	return c, why, nil
}

// shared counts the held-out rows that are predictions too, where keys can tell.
func (m measurement) shared(ctx context.Context) (int64, error) {
	held := m.tables.Calibrate
	for _, name := range m.spec.Key {
		if _, ok := held.Column(name); !ok {
			return 0, nil
		}
	}
	if len(m.spec.Key) == 0 {
		return 0, nil
	}
	keys := identifiers(m.spec.Key)
	for i, key := range keys {
		keys[i] = "CAST(" + key + " AS VARCHAR)"
	}
	query := fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM %s INTERSECT SELECT %[1]s FROM %[3]s)", strings.Join(keys, ", "), held.Relation(), m.tables.Predictions.Relation())
	answer, err := held.Engine().Query(ctx, query)
	if err != nil {
		return 0, err
	}
	return int64(answer.Rows[0][0].Number), nil
}
