package drift

// nature is what a column's values are for a comparison.
type nature int

const (
	natureEmpty      nature = iota // in one of the tables
	natureNumber                   // measurements
	natureCategory                 // texts that repeat, codes, booleans
	natureText                     // texts that hardly repeat, of several words
	natureIdentifier               // texts that hardly repeat, of one word
	natureChanged                  // categories here, texts or identifiers there
)

func (p *pair) nature() nature {
	switch {
	case p.reference.values() == 0 || p.current.values() == 0:
		return natureEmpty
	case p.hasChanged():
		return natureChanged
	case p.isCrowded() && p.reference.isProse() && p.current.isProse():
		return natureText
	case p.isCrowded():
		return natureIdentifier
	case len(p.reference.counts) > 0 || p.codes():
		return natureCategory
	}
	return natureNumber
}

// maxRepeated is how many distinct values a column may have at most for it to be certain that they are categories.
const maxRepeated = 100

// isCrowded reports whether hardly any values of the column repeat in either table, or were too many to count: a comparison of
// their shares says nothing.
func (p pair) isCrowded() bool {
	if p.reference.tooMany || p.current.tooMany {
		return true
	}
	return max(len(p.reference.counts), len(p.current.counts)) > maxRepeated && !p.reference.repeats() && !p.current.repeats()
}

// hasChanged reports whether one table has too many values to count where the other repeats few.
func (p pair) hasChanged() bool {
	few := func(s *sample) bool { return !s.tooMany && s.repeats() && len(s.counts) <= maxRepeated }
	return p.reference.tooMany && few(p.current) || few(p.reference) && p.current.tooMany
}

// repeats reports whether the values of the sample stand there twice or more on average.
func (s *sample) repeats() bool { return 2*int64(len(s.counts)) <= s.values() }
