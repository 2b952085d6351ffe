package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/stat/sketch"
)

// What a file may hold: it may come with a pull request.
const (
	MaxFile    = 256 << 20 // bytes; a column takes 20 KB to 60 KB
	maxColumns = 10_000
	maxTypes   = 16
)

const remedy = "write it anew with assay profile"

// IsFile reports whether a path is that of a profile and not of a table: by its name, or because it begins like one.
func IsFile(path string) bool {
	if strings.HasSuffix(path, table.ProfileExtension) {
		return true
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	start := make([]byte, len(`{"format":"`+formatName))
	_, err = io.ReadFull(file, start)
	return err == nil && string(start) == `{"format":"`+formatName
}

// Load reads the profile file at a path; name is how messages call it.
func Load(path, name string) (*Profile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, source.Errorf("name a file that assay profile wrote", "%v", err)
	}
	if info.Size() > MaxFile {
		return nil, source.Errorf("profile fewer columns", "%s is larger than %d MiB", name, MaxFile>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Read(name, data)
}

// Read reads a profile file, and refuses one that says anything which this version does not know or that cannot be true.
// name is how messages call it.
func Read(name string, data []byte) (*Profile, error) {
	var start head // which also sees what follows the value
	if err := json.Unmarshal(data, &start); err != nil || start.Format != formatName {
		return nil, source.Errorf(remedy, "%s is no profile", name)
	}
	if start.Version != FormatVersion {
		return nil, source.Errorf("take the version of Assay that wrote it, or "+remedy,
			"%s has version %d of the format; this program reads version %d", name, start.Version, FormatVersion)
	}
	p, err := decode(data)
	if err != nil {
		return nil, source.Errorf(remedy, "%s: %s", name, err)
	}
	return p, nil
}

func decode(data []byte) (*Profile, error) {
	var file struct {
		head
		Columns []columnFile `json:"columns"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, err
	}
	if !isCount(file.Rows) || file.MinCount != 0 && !isMinCount(file.MinCount) || len(file.Columns) > maxColumns {
		return nil, errors.New("impossible numbers of rows or columns")
	}
	p := &Profile{Rows: file.Rows, MinCount: file.MinCount}
	names := make(map[string]bool, len(file.Columns))
	for _, f := range file.Columns {
		if names[f.Name] {
			return nil, fmt.Errorf("column %q is there twice", f.Name)
		}
		names[f.Name] = true
		c, err := f.column(file.Rows)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		p.Columns = append(p.Columns, c)
	}
	return p, nil
}

func isCount(n int64) bool { return n >= 0 && n <= maxRows }

// column restores a column of so many rows.
func (f columnFile) column(rows int64) (*Column, error) {
	kind, ok := table.ParseKind(f.Kind)
	if !ok {
		return nil, fmt.Errorf("there is no kind %q", f.Kind)
	}
	if len(f.SQLTypes) == 0 || len(f.SQLTypes) > maxTypes {
		return nil, fmt.Errorf("%d SQL types", len(f.SQLTypes))
	}
	c := &Column{Name: f.Name, Kind: kind, SQLTypes: f.SQLTypes, Sensitive: f.Sensitive,
		Rows: rows, Nulls: f.Nulls, NaNs: f.NaNs, Above: f.Above, Below: f.Below}
	left := rows
	for _, n := range []int64{f.Nulls, f.NaNs, f.Above, f.Below} {
		if n < 0 || n > left {
			return nil, errors.New("more nulls, NaN and infinities than rows")
		}
		left -= n
	}
	if f.Sensitive && (f.Numbers != nil || f.Texts != nil) {
		return nil, errors.New("a sensitive column holds values")
	}
	return c, f.restoreValues(c, left)
}

// restoreValues restores what is known of the finite values, so many of them.
func (f columnFile) restoreValues(c *Column, count int64) (err error) {
	if kind := c.Kind; f.Numbers != nil && !kind.HasNumbers() || f.Texts != nil && kind.HasNumbers() || f.Dates != nil && (f.Numbers == nil || dayLength[kind] == 0) {
		return errors.New("values of another kind")
	}
	if f.Numbers != nil {
		if c.Numbers, err = f.Numbers.restore(count); err != nil {
			return err
		}
	}
	if f.Texts != nil {
		if c.Texts, err = f.Texts.restore(count); err != nil {
			return err
		}
	}
	if c.Numbers != nil && dayLength[c.Kind] > 0 {
		c.Dates, err = f.Dates.restore(dayLength[c.Kind], count)
	}
	return err
}

func (f *numbersFile) restore(count int64) (*Numbers, error) {
	n := newNumbers()
	if f.Count != count {
		return nil, fmt.Errorf("%d numbers in %d rows that have one", f.Count, count)
	}
	n.Moments = sketch.Moments{Count: f.Count, Mean: orNaN(f.Mean), M2: orNaN(f.M2), M3: orNaN(f.M3), M4: orNaN(f.M4)}
	switch {
	case (f.Min == nil) != (f.Max == nil) || f.Min != nil && *f.Min > *f.Max || f.M2 != nil && *f.M2 < 0:
		return nil, errors.New("impossible moments or bounds")
	case f.Min != nil:
		n.Min, n.Max = *f.Min, *f.Max
	default:
		n.Unbounded = f.Count > 0
	}
	if f.Quantiles != nil {
		if err := f.Quantiles.restore(n); err != nil {
			return nil, err
		}
	}
	return n, f.Frequent.restore(&n.Tally, count, f.Distinct, f.Quantiles != nil)
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func (f *quantilesFile) restore(n *Numbers) error {
	q, ok := sketch.NewQuantiles(f.Levels, f.Variance, f.Moved)
	if !ok || q.Count() != n.Count || q.Count() == 0 {
		return errors.New("its quantiles are no sketch of its numbers")
	}
	if !(math.Abs(q.Error()-f.Error) <= 1e-9) {
		return fmt.Errorf("its quantiles state an error of %v and have one of %v", f.Error, q.Error())
	}
	n.quantiles = q
	return nil
}

// restore restores a tally of so many values; it is either exact, or goes by sketches.
func (f tallyFile[K]) restore(t *Tally[K], count int64, distinct *distinctFile, estimated bool) error {
	if f.Error < 0 || f.Error > count || len(f.Values) > sketch.Counters || (f.Error > 0 || distinct != nil) && !estimated {
		return errors.New("impossible frequent values")
	}
	values := make(map[K]bool, len(f.Values))
	left := count
	for _, c := range f.Values {
		if values[c.Value] || c.Count < 1 || c.Count > left {
			return fmt.Errorf("the frequent value %v is there twice, or too often", c.Value)
		}
		values[c.Value] = true
		left -= c.Count
	}
	if !estimated && left != 0 {
		return errors.New("the frequent values are not all")
	}
	t.frequent = sketch.NewFrequent(f.Values, f.Error)
	t.estimated, t.about = estimated, -1
	if distinct == nil {
		return nil
	}
	return distinct.restore(&t.about, &t.set, count)
}

func (f *distinctFile) restore(about *int64, set **sketch.Distinct, count int64) error {
	if f.About < 0 || f.About > 2*count+1 {
		return fmt.Errorf("about %d distinct ones of %d values", f.About, count)
	}
	*about = f.About
	if f.Registers == nil {
		return nil
	}
	restored := sketch.NewDistinct()
	if err := restored.UnmarshalBinary(f.Registers); err != nil {
		return err
	}
	*set = restored
	return nil
}

func (f *textsFile) restore(count int64) (*Texts, error) {
	if f.Count != count || f.NotASCII < 0 || f.NotASCII > count || (f.First == nil) != (f.Last == nil) {
		return nil, fmt.Errorf("%d texts in %d rows that have one", f.Count, count)
	}
	t := newTexts()
	t.Count, t.NotASCII = f.Count, f.NotASCII
	if f.First != nil {
		t.Range = &[2]string{*f.First, *f.Last}
	}
	var err error
	if t.Lengths, err = f.Lengths.restore(count); err != nil {
		return nil, fmt.Errorf("lengths: %w", err)
	}
	if slices.ContainsFunc(f.Frequent.Values, func(c sketch.Counted[string]) bool { return len(c.Value) > 2*maxKey }) {
		return nil, errors.New("a frequent text is longer than texts are kept")
	}
	return t, f.Frequent.restore(&t.Tally, count, f.Distinct, f.Frequent.Error > 0 || f.Distinct != nil)
}

func (f *datesFile) restore(day float64, count int64) (*Dates, error) {
	d := newDates(day)
	if f == nil {
		return nil, errors.New("its dates have no histogram")
	}
	if d.unit = slices.Index(units, f.Unit); d.unit < 0 {
		return nil, fmt.Errorf("there is no unit %q", f.Unit)
	}
	if len(f.Buckets) > maxBuckets || f.Hidden < 0 || f.Hidden > count {
		return nil, errors.New("impossible numbers of dates")
	}
	d.hidden = f.Hidden
	left := count - f.Hidden
	for _, b := range f.Buckets {
		day, err := parseDay(b.From)
		if err != nil {
			return nil, err
		}
		number := numberOf(d.unit, day)
		if first(d.unit, number) != b.From || d.counts[number] > 0 || b.Count < 1 || b.Count > left {
			return nil, fmt.Errorf("%q begins no %s, or has too many dates", b.From, f.Unit)
		}
		d.counts[number] = b.Count
		left -= b.Count
	}
	if left != 0 {
		return nil, errors.New("the buckets of its dates do not hold them all")
	}
	return d, nil
}

// maxYear is beyond the years that the engine knows.
const maxYear = 1_000_000

// parseDay reads the form that first writes.
func parseDay(text string) (int64, error) {
	sign, digits := text[:min(1, len(text))], text
	if sign == "+" || sign == "-" {
		digits = text[1:]
	}
	parts := strings.Split(digits, "-")
	var numbers []int
	for _, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n > maxYear {
			return 0, fmt.Errorf("%q is no day", text)
		}
		numbers = append(numbers, n)
	}
	if len(numbers) != 3 {
		return 0, fmt.Errorf("%q is no day", text)
	}
	if sign == "-" {
		numbers[0] = -numbers[0]
	}
	t := time.Date(numbers[0], time.Month(numbers[1]), numbers[2], 0, 0, 0, 0, time.UTC)
	return floorDivide(t.Unix(), secondsOfDay), nil
}
