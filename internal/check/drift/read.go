package drift

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/assay-ml/assay/internal/data/table"
)

// sweeper hands the columns of a table to consumers, as table.Table does.
type sweeper interface {
	Sweep(ctx context.Context, columns []string, open func() table.Consumer) error
}

// reader reads two tables, some columns at a time.
type reader struct {
	reference, current sweeper
	columns            int   // that are read at once at first
	limit              int64 // bytes that the numbers in memory may take
	keep               bool  // samples keep their numbers
	pool               pool
}

// columnBytes is what the numbers of columns that are read at once take where columns can be read one by one at no cost.
const columnBytes = 128 << 20

// memoryShare is how much the numbers in memory may take, for each byte that the engine may.
const memoryShare = 2.0 / 3

// readerOf plans the reading of some tables of one engine. What can only be read as a whole is read at once where memory allows.
func (c *comparison) readerOf(ctx context.Context, tables ...*table.Table) (*reader, error) {
	r := &reader{columns: math.MaxInt, limit: math.MaxInt64, keep: c.spec.History != nil}
	if limit := tables[0].Engine().MemoryLimit(); limit > 0 && !r.keep {
		r.limit = int64(memoryShare * float64(limit))
	}
	rows := int64(1)
	for _, t := range tables {
		if !t.IsColumnar() {
			return r, nil
		}
		n, err := t.Rows(ctx)
		if err != nil {
			return nil, err
		}
		rows += n
	}
	r.columns = max(1, int(columnBytes/(8*rows)))
	return r, nil
}

// eachColumn gives the place of each name, with the two samples of the column, to work, which runs for several columns at once
// and while the next ones are read. A sample loses its numbers when work on it returns, but for those of a reader that keeps them.
func (r *reader) eachColumn(ctx context.Context, names []string, work func(at int, reference, current *sample)) error {
	var before sync.WaitGroup
	defer before.Wait()
	for at, size := 0, r.columns; at < len(names); {
		size = min(size, len(names)-at)
		limit := r.limit
		if size < len(names) {
			limit /= 2 // other columns are being compared in the meantime
		}
		left, right, err := r.readBoth(ctx, names[at:at+size], limit)
		if errors.Is(err, errFull) {
			size = (size + 1) / 2
			continue
		}
		if err != nil {
			return err
		}
		before.Wait()
		first := at
		before.Go(func() {
			parallel(size, func(i int) {
				work(first+i, left[i], right[i])
				if !r.keep {
					r.pool.recycle(left[i])
					r.pool.recycle(right[i])
				}
			})
		})
		at += size
	}
	return nil
}

// parallel runs work for 0 to n-1, as many at once as there are processors.
func parallel(n int, work func(i int)) {
	var workers sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		slots <- struct{}{}
		workers.Go(func() {
			work(i)
			<-slots
		})
	}
	workers.Wait()
}

// readBoth sweeps both tables at once: one alone leaves threads idle at its beginning and its end.
func (r *reader) readBoth(ctx context.Context, names []string, limit int64) (left, right []*sample, err error) {
	b := &budget{pool: &r.pool, left: limit, isFixed: len(names) > 1}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { left, err = read(ctx, r.reference, names, b); return err })
	group.Go(func() (err error) { right, err = read(ctx, r.current, names, b); return err })
	return left, right, group.Wait()
}

// read collects columns in one sweep of a table.
func read(ctx context.Context, t sweeper, names []string, b *budget) ([]*sample, error) {
	var consumers [][]*part
	err := t.Sweep(ctx, names, func() table.Consumer {
		parts := make([]*part, len(names))
		for i := range parts {
			parts[i] = newPart(b)
		}
		consumers = append(consumers, parts)
		return func(chunk *table.Chunk) error {
			for i, p := range parts {
				if err := p.add(&chunk.Columns[i], chunk.Len); err != nil {
					return err
				}
			}
			return nil
		}
	})
	if err != nil {
		release(consumers, b.pool)
		return nil, err
	}
	samples := make([]*sample, len(names))
	for i := range samples {
		of := make([]*part, len(consumers))
		for j, parts := range consumers {
			of[j] = parts[i]
		}
		samples[i] = join(of)
	}
	return samples, nil
}

// release gives back what was read in vain.
func release(consumers [][]*part, pool *pool) {
	for _, parts := range consumers {
		for _, p := range parts {
			pool.recycle(&p.sample)
		}
	}
}
