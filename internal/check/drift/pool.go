package drift

import (
	"errors"
	"sync"
)

// segmentSize is how many numbers a segment of a sample holds: eight chunks of the engine.
const segmentSize = 8 * 2048

// shortSegments is how many segments of a column are shorter, for the sake of small tables.
const shortSegments = 3

// pool keeps the segments of columns that were compared for those that are still to be read.
type pool struct {
	mu   sync.Mutex
	free [][]float64
}

// recycle takes the numbers out of a sample that is done with.
func (p *pool) recycle(s *sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, segment := range s.numbers {
		if cap(segment) == segmentSize {
			p.free = append(p.free, segment[:0])
		}
	}
	s.numbers, s.ascending, s.texts = nil, nil, nil
}

// budget is what the numbers of the columns that are read at once may take.
type budget struct {
	pool    *pool
	left    int64 // bytes
	isFixed bool  // fewer columns could be read at once
}

// unbounded is a budget for values that are in memory already.
func unbounded() *budget { return &budget{pool: &pool{}} }

// errFull says that fewer columns have to be read at once.
var errFull = errors.New("the columns take more memory than they may")

// take gives an empty segment for at least n numbers to a column that has some already.
func (b *budget) take(n, segments int) ([]float64, error) {
	size := segmentSize
	if segments < shortSegments {
		size = min(size, max(n, 1)<<segments)
	}
	b.pool.mu.Lock()
	defer b.pool.mu.Unlock()
	if b.left -= 8 * int64(size); b.left < 0 && b.isFixed {
		return nil, errFull
	}
	if last := len(b.pool.free) - 1; last >= 0 && size == segmentSize {
		segment := b.pool.free[last]
		b.pool.free = b.pool.free[:last]
		return segment, nil
	}
	return make([]float64, 0, size), nil
}
