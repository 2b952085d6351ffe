// Command generate writes a pair of CSV tables for benchmarks: 21 columns, of which 12 are numbers, 3 whole numbers and 6
// categories; the second table is drawn like the first with another seed.
package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: generate ROWS FOLDER")
		os.Exit(2)
	}
	rows, err := strconv.Atoi(os.Args[1])
	for i, name := range []string{"reference.csv", "current.csv"} {
		if err == nil {
			err = write(filepath.Join(os.Args[2], name), rows, uint64(i+1))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	numbers    = 12
	integers   = 3
	categories = 6
)

func write(path string, rows int, seed uint64) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	for i := range numbers + integers + categories {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "c%02d", i)
	}
	out.WriteByte('\n')
	random := rand.New(rand.NewPCG(seed, 42))
	line := make([]byte, 0, 512)
	for range rows {
		line = appendRow(line[:0], random)
		out.Write(line)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

func appendRow(line []byte, random *rand.Rand) []byte {
	for i := range numbers {
		line = strconv.AppendFloat(line, random.NormFloat64()*float64(i+1), 'f', 6, 64)
		line = append(line, ',')
	}
	for i := range integers {
		line = strconv.AppendInt(line, random.Int64N(int64(1000*(i+1))), 10)
		line = append(line, ',')
	}
	for i := range categories {
		line = append(line, "level-"...)
		line = strconv.AppendInt(line, random.Int64N(int64(3*(i+1))), 10)
		line = append(line, ',')
	}
	line[len(line)-1] = '\n'
	return line
}
