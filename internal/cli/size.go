package cli

import (
	"errors"
	"strconv"
	"strings"
)

// size is a flag in bytes: a number with a unit of ten or of two.
type size int64

// units are longest first where one ends like another.
var units = []struct {
	name  string
	bytes float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}

// leastMemory is what the table engine needs to start and to spill.
const leastMemory = 128 << 20

func (s *size) String() string {
	if *s == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*s), 10) + "B"
}

// Type is the name of the value in the help.
func (s *size) Type() string { return "size" }

// Set reads a size.
func (s *size) Set(text string) error {
	for _, unit := range units {
		number, found := strings.CutSuffix(strings.ToLower(text), strings.ToLower(unit.name))
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if bytes := n * unit.bytes; err == nil && bytes >= leastMemory && bytes <= 1<<60 {
			*s = size(bytes)
			return nil
		}
		break
	}
	return errors.New("write a number and a unit, such as 700MB or 2GiB; at least 128MiB")
}
