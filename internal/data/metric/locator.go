package metric

import (
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/source"
)

// locator turns offsets in a text into lines and columns. They are asked for in rising order, so that a file that is one long
// line is walked through once.
type locator struct {
	data []byte
	next int // how far it has counted
	pos  source.Pos
}

func newLocator(data []byte) locator {
	return locator{data: data, pos: source.Pos{Line: 1, Column: 1}}
}

// at is the place of an offset that lies not before the last one.
func (l *locator) at(offset int) source.Pos {
	for l.next < min(offset, len(l.data)) {
		_, size := utf8.DecodeRune(l.data[l.next:])
		if l.data[l.next] == '\n' {
			l.pos.Line, l.pos.Column = l.pos.Line+1, 1
		} else {
			l.pos.Column++
		}
		l.next += size
	}
	return l.pos
}
