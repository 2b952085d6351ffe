package profile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/stat/sketch"
)

// The format of the file; docs/profiles.md tells what each field means, schema/profile.schema.json is its JSON Schema.
const (
	formatName    = "assay-profile"
	FormatVersion = 1
)

type head struct {
	Format   string `json:"format"`
	Version  int    `json:"version"`
	Rows     int64  `json:"rows"`
	MinCount int64  `json:"min-count,omitempty"`
}

type columnFile struct {
	Name      string       `json:"name"`
	Kind      string       `json:"kind"`
	SQLTypes  []string     `json:"sql-types"`
	Sensitive bool         `json:"sensitive,omitempty"`
	Nulls     int64        `json:"nulls"`
	NaNs      int64        `json:"nan,omitempty"`
	Above     int64        `json:"positive-infinities,omitempty"`
	Below     int64        `json:"negative-infinities,omitempty"`
	Numbers   *numbersFile `json:"numbers,omitempty"`
	Dates     *datesFile   `json:"dates,omitempty"`
	Texts     *textsFile   `json:"texts,omitempty"`
}

type numbersFile struct {
	Count     int64              `json:"count"`
	Mean      *float64           `json:"mean,omitempty"` // what overflowed is left out
	M2        *float64           `json:"m2,omitempty"`
	M3        *float64           `json:"m3,omitempty"`
	M4        *float64           `json:"m4,omitempty"`
	Min       *float64           `json:"min,omitempty"`
	Max       *float64           `json:"max,omitempty"`
	Quantiles *quantilesFile     `json:"quantiles,omitempty"`
	Frequent  tallyFile[float64] `json:"frequent"`
	Distinct  *distinctFile      `json:"distinct,omitempty"`
}

type textsFile struct {
	Count    int64             `json:"count"`
	First    *string           `json:"first,omitempty"`
	Last     *string           `json:"last,omitempty"`
	NotASCII int64             `json:"not-ascii"`
	Lengths  numbersFile       `json:"lengths"`
	Frequent tallyFile[string] `json:"frequent"`
	Distinct *distinctFile     `json:"distinct,omitempty"`
}

type quantilesFile struct {
	Error    float64     `json:"error"`
	Variance float64     `json:"variance"`
	Moved    int64       `json:"moved,omitempty"`
	Levels   [][]float64 `json:"levels"`
}

type tallyFile[K cmp.Ordered] struct {
	Error  int64               `json:"error"`
	Values []sketch.Counted[K] `json:"values"`
}

type distinctFile struct {
	About     int64   `json:"about"`
	Error     float64 `json:"error"`
	Registers []byte  `json:"registers,omitempty"`
}

type datesFile struct {
	Unit    string   `json:"unit"`
	Hidden  int64    `json:"hidden,omitempty"`
	Buckets []Bucket `json:"buckets"`
}

// JSON is the profile as a file: one line for each column, so that a difference shows which changed.
func (p *Profile) JSON() ([]byte, error) {
	start, err := json.Marshal(head{formatName, FormatVersion, p.Rows, p.MinCount})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Write(bytes.TrimSuffix(start, []byte("}")))
	out.WriteString(`,"columns":[`)
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for i, c := range p.Columns {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
		file, err := c.file()
		if err != nil {
			return nil, err
		}
		if err := encoder.Encode(file); err != nil {
			return nil, err
		}
		out.Truncate(out.Len() - 1) // the line break
	}
	out.WriteString("\n]}\n")
	return out.Bytes(), nil
}

func (c *Column) file() (columnFile, error) {
	f := columnFile{Name: c.Name, Kind: c.Kind.String(), SQLTypes: c.SQLTypes, Sensitive: c.Sensitive,
		Nulls: c.Nulls, NaNs: c.NaNs, Above: c.Above, Below: c.Below}
	var err error
	if c.Numbers != nil {
		if f.Numbers, err = c.Numbers.file(); err != nil {
			return f, err
		}
	}
	if c.Dates != nil {
		f.Dates = &datesFile{c.Dates.Unit(), c.Dates.hidden, c.Dates.Buckets()}
	}
	if c.Texts != nil {
		f.Texts, err = c.Texts.file()
	}
	return f, err
}

func (n *Numbers) file() (*numbersFile, error) {
	f := &numbersFile{Count: n.Count, Mean: finite(n.Mean), M2: finite(n.M2), M3: finite(n.M3), M4: finite(n.M4)}
	if !n.Unbounded && n.Count > 0 {
		f.Min, f.Max = &n.Min, &n.Max
	}
	if n.quantiles != nil {
		levels, variance, moved := n.quantiles.State()
		f.Quantiles = &quantilesFile{n.quantiles.Error(), variance, moved, slices.Clone(levels)}
		for h, level := range levels {
			f.Quantiles.Levels[h] = append([]float64{}, level...) // an empty level is [], not null
		}
	}
	var err error
	f.Frequent, f.Distinct, err = n.Tally.file()
	return f, err
}

// finite is nil for what JSON has no number for.
func finite(v float64) *float64 {
	if math.Abs(v) <= math.MaxFloat64 {
		return &v
	}
	return nil
}

func (t *Tally[K]) file() (tallyFile[K], *distinctFile, error) {
	frequent := tallyFile[K]{t.Missed(), t.Frequent()}
	about, relative, known := t.Distinct()
	if t.IsExact() || !known {
		return frequent, nil, nil
	}
	distinct := &distinctFile{About: about, Error: relative}
	var err error
	if t.set != nil {
		distinct.Registers, err = t.set.MarshalBinary()
	}
	return frequent, distinct, err
}

func (t *Texts) file() (*textsFile, error) {
	lengths, err := t.Lengths.file()
	if err != nil {
		return nil, err
	}
	f := &textsFile{Count: t.Count, NotASCII: t.NotASCII, Lengths: *lengths}
	if t.Range != nil {
		f.First, f.Last = &t.Range[0], &t.Range[1]
	}
	f.Frequent, f.Distinct, err = t.Tally.file()
	return f, err
}
