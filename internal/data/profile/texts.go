package profile

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/assay-ml/assay/internal/stat"
	"github.com/assay-ml/assay/internal/stat/sketch"
)

// Texts is what is known of texts.
type Texts struct {
	Tally[string]
	Count    int64
	Range    *[2]string // first and last in the order of their bytes, as Key has them; nil where there are none, or they were left out
	NotASCII int64      // texts with a character beyond ASCII
	Lengths  *Numbers   // in characters
}

func newTexts() *Texts {
	tally := Tally[string]{frequent: sketch.NewFrequent[string](nil, 0), insert: (*sketch.Distinct).AddText, keep: strings.Clone}
	return &Texts{Tally: tally, Lengths: newNumbers()}
}

// maxKey bounds the bytes of a text that is kept.
const maxKey = 200

// Key is how a text is kept: whole up to 200 bytes, a longer one by its beginning and a hash of all of it. What is no UTF-8 is
// replaced.
func Key(text string) string {
	if len(text) <= maxKey {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ToValidUTF8(text[:maxKey], "\uFFFD") + fmt.Sprintf("…#%016x", xxh3.HashString(text))
}

// IsCut reports whether a key is not the whole text.
func IsCut(key string) bool { return len(key) > maxKey }

// add takes in texts.
func (t *Texts) add(values []string) {
	if len(values) == 0 {
		return
	}
	t.Count += int64(len(values))
	lengths := make([]float64, len(values))
	for i, v := range values {
		n := utf8.RuneCountInString(v)
		lengths[i] = float64(n)
		if n != len(v) {
			t.NotASCII++
		}
	}
	stat.SortFloats(lengths)
	t.Lengths.add(lengths, countSorted(lengths))
	counted := countTexts(values)
	for _, c := range counted {
		t.stretch(c.Value, c.Value)
	}
	t.Tally.add(counted)
	t.settle(t.frequent.IsCrowded())
}

// countTexts counts each text, as it is kept, in the order in which they come.
func countTexts(values []string) []sketch.Counted[string] {
	places := make(map[string]int, len(values)/4)
	var counted []sketch.Counted[string]
	for _, v := range values {
		at, ok := places[v]
		if !ok {
			at = len(counted)
			places[v] = at
			counted = append(counted, sketch.Counted[string]{Value: Key(v)})
		}
		counted[at].Count++
	}
	return counted
}

// stretch widens the range to what lies outside.
func (t *Texts) stretch(first, last string) {
	if t.Range == nil {
		t.Range = &[2]string{strings.Clone(first), strings.Clone(last)}
		return
	}
	if first < t.Range[0] {
		t.Range[0] = strings.Clone(first)
	}
	if last > t.Range[1] {
		t.Range[1] = strings.Clone(last)
	}
}

// settle goes over to sketches where the texts became too many to count each, and thins out the counts where that is due.
func (t *Texts) settle(due bool) {
	if t.isOutgrown() {
		t.estimate()
		due = true
	}
	if due {
		t.frequent.Shrink()
	}
}

// merge takes in other texts.
func (t *Texts) merge(other *Texts) {
	switch {
	case other.Count == 0:
		return
	case t.Count == 0:
		*t = *other
		return
	}
	if t.IsExact() != other.IsExact() {
		t.estimate()
		other.estimate()
	}
	t.Count += other.Count
	t.NotASCII += other.NotASCII
	t.Lengths.merge(other.Lengths)
	t.Tally.merge(&other.Tally)
	if other.Range == nil {
		t.Range = nil
	} else if t.Range != nil {
		t.stretch(other.Range[0], other.Range[1])
	}
	t.settle(true)
}

// trim leaves out of the counts what is not frequent.
func (t *Texts) trim() {
	t.Lengths.trim()
	t.settle(true)
	t.frequent.Trim(t.Count)
}

// hide leaves out what fewer rows than least share.
func (t *Texts) hide(least int64) {
	t.Lengths.hide(least)
	if t.Tally.hide(least, t.Count); !t.IsExact() {
		t.Range = nil
	}
}
