package table

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Messages of DuckDB 1.5.6, shortened.
const (
	tooMany = "Invalid Input Error: CSV Error on Line: 3\nOriginal Line: 4,5,6,7\nExpected Number of Columns: 3 Found: 4\nPossible fixes:\n* Enable ignore errors (ignore_errors=true) to skip this row\n\n  file = /data/many.csv\n  delimiter = , (Set By User)\n"
	late    = "Conversion Error: CSV Error on Line: 50002\nOriginal Line: foo,1\nError when converting column \"a\". Could not convert string \"foo\" to 'BIGINT'\n\nColumn a is being converted as type BIGINT\n\n  file = late.csv\n"
	hostile = "Invalid Input Error: CSV Error on Line: 7\nOriginal Line: \"Expected Number of Columns: 9 Found: 8\n  file = /etc/passwd\n\nValue with unterminated quote found.\n\n  file = real.csv\n"
	guard   = "Invalid Input Error: Value outgrows column \"a\\\"b of type\" of type BIGINT: 1.5"
)

func TestMessagesAreUnderstood(t *testing.T) {
	for _, c := range []struct {
		message string
		want    trouble
	}{
		{tooMany, trouble{kind: columnCount, file: "/data/many.csv", line: 3, want: 3, got: 4}},
		{late, trouble{kind: conversion, file: "late.csv", line: 50002, column: "a", value: "foo", typ: "BIGINT"}},
		{hostile, trouble{kind: openQuote, file: "real.csv", line: 7}},
		{guard, trouble{kind: conversion, column: `a"b of type`, value: "1.5", typ: "BIGINT"}},
		{"Invalid Input Error: Malformed JSON in file \"x.jsonl\", at byte 2 in line 4: unexpected character.", trouble{kind: unreadable, file: "x.jsonl"}},
		{"Binder Error: Referenced column \"x\" not found", trouble{}},
		{"", trouble{}},
	} {
		require.Equal(t, c.want, readMessage(c.message), c.message)
	}
}

func TestAFaultShowsOneShortLine(t *testing.T) {
	require.Equal(t, "Invalid Input Error: CSV Error on Line: 3", engineError(tooMany).Error())
	require.Equal(t, "the table engine gave no reason", engineError(" \n").Error())
	require.LessOrEqual(t, len(engineError(strings.Repeat("ü", 10_000)).Error()), maxFault+len("…"))
}

func FuzzReadMessage(f *testing.F) {
	for _, seed := range []string{tooMany, late, hostile, guard, ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		got := readMessage(message)
		if got.line < 0 || got.want < 0 || got.got < 0 {
			t.Fatalf("negative: %+v", got)
		}
		if shown := engineError(message).Error(); strings.Contains(shown, "\n") || len(shown) > maxFault+len("…") {
			t.Fatalf("shown: %q", shown)
		}
		malformed := MalformedError{File: "f", Column: got.column, Reason: reasonOf(got, "csv")}
		if len(malformed.Error()) > 6*2*(maxQuoted+100) {
			t.Fatalf("%d bytes for a person", len(malformed.Error()))
		}
	})
}

func FuzzRecords(f *testing.F) {
	f.Add("a,\"b\"\"c\"\r\n\r\n\"x\ny\",", byte(','), byte('"'))
	f.Fuzz(func(t *testing.T, text string, delimiter, quote byte) {
		in := newRecords(strings.NewReader(text), dialect{delimiter: delimiter, quote: quote})
		for n := 0; ; n++ {
			rec, err := in.next()
			if err != nil {
				return
			}
			if len(rec.fields) == 0 || n > len(text) {
				t.Fatalf("record %d of %d bytes has %d fields", n, len(text), len(rec.fields))
			}
		}
	})
}
