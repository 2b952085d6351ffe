package leak

import (
	"cmp"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/shingle"
)

// What a search for near-duplicates may hold at once; docs/leakage.md states these.
const (
	maxTexts      = 100_000   // rows of test: 8 bytes for each band of each, and a sketch
	maxCandidates = 32        // rows of train that one text is compared with
	maxPairs      = 1_000_000 // all such pairs: 16 bytes each
	maxShingles   = 4_000_000 // of texts of test that are compared in one scan of train: 8 bytes each
)

// near is a search for near-duplicates in one column. It holds hashes and row numbers, and no texts.
type near struct {
	search    search
	column    string
	threshold float64
	screen    shingle.Screen

	looked  int64             // rows of test that were looked at, with or without a text
	rows    []int64           // the number in test of each text that was looked at; its place here is its ordinal
	bands   []uint64          // band key and ordinal in one number, ascending
	sketch  []*shingle.Sketch // by ordinal
	pairs   []pair
	dropped []bool  // by ordinal: the text has candidates that are no pair
	paired  []uint8 // by ordinal: how many pairs it has
	best    []twin  // by ordinal
	others  int     // texts of train
}

// pair is a text of test, by its ordinal, and a row of train that may be nearly the same.
type pair struct {
	ordinal uint32
	train   int64
}

// twin is the row of train that is most similar to a text; the zero value is none.
type twin struct {
	train      int64
	similarity float64
}

// index reads test and notes the bands of its texts.
func (n *near) index() error {
	sampled := newSampler(maxTexts, n.search.testRows)
	takes := func() bool {
		taken := sampled.takes()
		if taken {
			n.looked++
		}
		return taken
	}
	err := n.sign(n.search.test, takes, func(row int64, text signed) {
		for _, key := range text.keys {
			n.bands = append(n.bands, uint64(key)<<32|uint64(len(n.rows)))
		}
		n.rows, n.sketch = append(n.rows, row), append(n.sketch, text.sketch)
	})
	slices.Sort(n.bands)
	n.dropped, n.paired, n.best = make([]bool, len(n.rows)), make([]uint8, len(n.rows)), make([]twin, len(n.rows))
	return err
}

// pair reads train and notes which of its rows pass the screen with which texts of test.
func (n *near) pair() error {
	return n.sign(n.search.train, func() bool { return true }, func(row int64, text signed) {
		n.others++
		for _, ordinal := range n.sharing(text.keys) {
			if shingle.Agreement(text.sketch, n.sketch[ordinal]) < n.screen.Agreement {
				continue
			}
			if n.paired[ordinal] == maxCandidates || len(n.pairs) == maxPairs {
				n.dropped[ordinal] = true
				continue
			}
			n.paired[ordinal]++
			n.pairs = append(n.pairs, pair{ordinal, row})
		}
	})
}

// sharing lists the texts of test that have one of the band keys, each once.
func (n *near) sharing(keys []uint32) []uint32 {
	var ordinals []uint32
	for _, key := range keys {
		start, _ := slices.BinarySearch(n.bands, uint64(key)<<32)
		for _, band := range n.bands[start:] {
			if uint32(band>>32) != key {
				break
			}
			ordinals = append(ordinals, uint32(band))
		}
	}
	slices.Sort(ordinals)
	return slices.Compact(ordinals)
}

// signed is what the screen wants to know of a text.
type signed struct {
	keys   []uint32
	sketch *shingle.Sketch
}

// sign scans the texts of a table and hands out each that takes lets through, with the number of its row. takes is asked once
// a row, in order.
func (n *near) sign(t *table.Table, takes func() bool, use func(row int64, text signed)) error {
	var before int64
	return t.Scan(n.search.ctx, []string{n.column}, func(chunk *table.Chunk) error {
		texts := make([]string, chunk.Len)
		for i := range texts {
			if takes() {
				texts[i] = chunk.Columns[0].Strings[i] // "" for a null, which has no shingles either
			}
		}
		for i, text := range n.signed(texts) {
			if text.sketch != nil {
				use(before+int64(i)+1, text)
			}
		}
		before += int64(chunk.Len)
		return nil
	})
}

// signed signs texts; one without shingles has nothing. Hashing is most of the search's work, so all processors take part.
func (n *near) signed(texts []string) []signed {
	all := make([]signed, len(texts))
	var workers errgroup.Group
	count := runtime.GOMAXPROCS(0)
	for worker := range count {
		workers.Go(func() error {
			for i := worker; i < len(texts); i += count {
				if set := shingle.Of(texts[i]); len(set) > 0 {
					signature := set.Sign()
					all[i] = signed{n.screen.Keys(signature), signature.Sketch()}
				}
			}
			return nil
		})
	}
	_ = workers.Wait() // no worker has an error to give
	return all
}

// verify compares the shingles of each pair, as many texts of test at once as maxShingles allows.
func (n *near) verify() error {
	slices.SortFunc(n.pairs, func(a, b pair) int { return cmp.Compare(a.ordinal, b.ordinal) })
	for rest := n.pairs; len(rest) > 0; {
		sets, err := n.load(rest)
		if err != nil {
			return err
		}
		end := slices.IndexFunc(rest, func(p pair) bool { return sets[p.ordinal] == nil })
		if end < 0 {
			end = len(rest)
		}
		if err := n.compare(rest[:end], sets); err != nil {
			return err
		}
		rest = rest[end:]
	}
	return nil
}

// load reads the shingles of the first texts of test that are among the pairs.
func (n *near) load(pairs []pair) (map[uint32]shingle.Set, error) {
	sets, shingles := map[uint32]shingle.Set{}, 0
	err := n.walk(n.search.test, len(pairs), func(i int) int64 { return n.rows[pairs[i].ordinal] }, func(i int, text string) {
		if ordinal := pairs[i].ordinal; sets[ordinal] == nil && shingles < maxShingles {
			sets[ordinal] = shingle.Of(text)
			shingles += len(sets[ordinal])
		}
	})
	return sets, err
}

// compare reads the pairs' rows of train and keeps for each text the most similar.
func (n *near) compare(pairs []pair, sets map[uint32]shingle.Set) error {
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.train, b.train) })
	return n.walk(n.search.train, len(pairs), func(i int) int64 { return pairs[i].train }, func(i int, text string) {
		p := pairs[i]
		similarity := shingle.Jaccard(sets[p.ordinal], shingle.Of(text))
		if similarity >= n.threshold && similarity > n.best[p.ordinal].similarity {
			n.best[p.ordinal] = twin{p.train, similarity}
		}
	})
}

// walk scans a table and hands out the texts of count rows, whose numbers ascend and may repeat.
func (n *near) walk(t *table.Table, count int, row func(i int) int64, use func(i int, text string)) error {
	next, before := 0, int64(0)
	return t.Scan(n.search.ctx, []string{n.column}, func(chunk *table.Chunk) error {
		for ; next < count && row(next) <= before+int64(chunk.Len); next++ {
			use(next, chunk.Columns[0].Strings[row(next)-before-1])
		}
		before += int64(chunk.Len)
		return nil
	})
}

// found lists the texts that have a twin, and counts those that have none so far but candidates that were not compared.
func (n *near) found() (ordinals []uint32, undecided int) {
	for ordinal, best := range n.best {
		switch {
		case best.similarity > 0:
			ordinals = append(ordinals, uint32(ordinal))
		case n.dropped[ordinal]:
			undecided++
		}
	}
	return ordinals, undecided
}
