package cli

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
)

// screen is a terminal that a test may read while the line is drawn.
type screen struct {
	sync.Mutex
	bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.Lock()
	defer s.Unlock()
	return s.Buffer.Write(p)
}

func TestAStepOfMoreThanASecondHasALineThatCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		shown := &terminal{out: s, alive: true}
		shown.Begin("train")
		time.Sleep(2500 * time.Millisecond)
		shown.End(finding.Step{})
		require.Equal(t, "\r\x1b[Ktrain … 1 s\r\x1b[Ktrain … 2 s\r\x1b[K", s.String())
	})
}

func TestAPipeHasNoSuchLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		shown := &terminal{out: s}
		shown.Begin("train")
		time.Sleep(2500 * time.Millisecond)
		shown.End(finding.Step{})
		require.Empty(t, s.String())
	})
}
