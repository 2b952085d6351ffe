package fetch

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

var units = []struct {
	name  string
	bytes float64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}}

// Bytes writes a size for people, in powers of 1000.
func Bytes(n int64) string {
	for _, unit := range units {
		if float64(n) >= unit.bytes {
			return strconv.FormatFloat(float64(n)/unit.bytes, 'f', 1, 64) + " " + unit.name
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

// ParseBytes reads a size such as 500MB or 20 GB, in powers of 1000.
func ParseBytes(text string) (int64, error) {
	number, factor := strings.ToLower(strings.TrimSpace(text)), 1.0
	for _, unit := range units {
		if rest, ok := strings.CutSuffix(number, strings.ToLower(unit.name)); ok {
			number, factor = strings.TrimSpace(rest), unit.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if size := n * factor; err == nil && size >= 1 && size < math.MaxInt64 {
		return int64(size), nil
	}
	return 0, source.Errorf("write it as 500MB or 20GB", "%.40q is no size", text)
}
