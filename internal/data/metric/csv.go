package metric

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// parseCSV reads either two columns of names and values (header "metric,value" or "name,value") or one row of values
// under a header of names.
func parseCSV(ext string) parser {
	return func(data []byte, into *Set) error {
		reader := csv.NewReader(bytes.NewReader(data))
		if ext == ".tsv" {
			reader.Comma = '\t'
		}
		records, err := readFields(reader, data)
		if err != nil {
			return err
		}
		header := records[0]
		switch {
		case len(header) == 2 && strings.EqualFold(strings.TrimSpace(header[1].text), "value"):
			return addPairs(records[1:], into)
		case len(records) == 2:
			return addRow(header, records[1], into)
		default:
			return fmt.Errorf("%d rows below the header; known are one row of values, or the two columns metric,value", len(records)-1)
		}
	}
}

// field is a text of a CSV file and its place.
type field struct {
	text  string
	place source.Pos
}

// readFields reads all records of a reader of data.
func readFields(reader *csv.Reader, data []byte) (records [][]field, err error) {
	locator, begins := newLocator(data), lineBegins(data)
	for {
		texts, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, err
		}
		record := make([]field, len(texts))
		for i, text := range texts {
			line, column := reader.FieldPos(i)
			record[i] = field{text, locator.at(begins[line-1] + column - 1)}
		}
		records = append(records, record)
	}
}

// lineBegins are the offsets at which lines begin.
func lineBegins(data []byte) []int {
	begins := []int{0}
	for i, b := range data {
		if b == '\n' {
			begins = append(begins, i+1)
		}
	}
	return begins
}

func addPairs(records [][]field, into *Set) error {
	for _, record := range records {
		if err := addText(record[0].text, record[1], into); err != nil {
			return err
		}
	}
	return nil
}

func addRow(names, values []field, into *Set) error {
	for i, name := range names {
		if err := addText(name.text, values[i], into); err != nil {
			return err
		}
	}
	return nil
}

func addText(name string, value field, into *Set) error {
	name = strings.TrimSpace(name)
	v, err := strconv.ParseFloat(strings.TrimSpace(value.text), 64)
	if err != nil && !math.IsInf(v, 0) {
		into.ignore(name, value.place)
		return nil
	}
	return into.add(name, v, value.place)
}
