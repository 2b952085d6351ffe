package table

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/source"
)

// Spec declares one table: where its files are, and what their form is where the form cannot be told from the bytes.
// In YAML a bare string sets Path (config:"scalar").
type Spec struct {
	Path      string     `yaml:"path" config:"required,scalar" json:"path" doc:"A file, a glob, or a folder with everything below it; key=value folder names become columns. Relative paths start at the folder of the config."`
	Format    string     `yaml:"format,omitempty" enum:"csv,parquet,jsonl,profile" json:"format,omitempty" doc:"Format of the files. Default: by extension (.csv .tsv .parquet .jsonl .ndjson .json, and .gz or .zst after it; .profile.json is a profile, which can be the reference of drift)."`
	Delimiter string     `yaml:"delimiter,omitempty" json:"delimiter,omitempty" doc:"What separates the fields of a CSV file. Default: comma, semicolon, tab or bar, whichever its first line has most of."`
	Quote     string     `yaml:"quote,omitempty" json:"quote,omitempty" doc:"What encloses the fields of a CSV file. Default: the double quote, or the single quote where it encloses every field of the first line."`
	Header    *bool      `yaml:"header,omitempty" json:"header,omitempty" doc:"Whether the first line of a CSV file holds the names. Default: the values decide."`
	Encoding  string     `yaml:"encoding,omitempty" enum:"utf-8,utf-16,latin-1" json:"encoding,omitempty" doc:"Encoding of a CSV file. Default: utf-8, or utf-16 where the file starts with its byte order mark."`
	SHA256    string     `yaml:"sha256,omitempty" json:"sha256,omitempty" doc:"SHA-256 of one remote file, in hexadecimal: it is refused where it holds anything else."`
	Key       []string   `yaml:"key,omitempty" json:"key,omitempty" doc:"Columns that together identify a row."`
	Sensitive []string   `yaml:"-" json:"-"` // columns whose values may not be shown: contracts name them
	Fetched   *Fetched   `yaml:"-" json:"-"` // the files of a remote path, once they are on this machine
	Pos       source.Pos `yaml:"-" json:"-"`
}

// Fetched are the files of a table that lies elsewhere.
type Fetched struct {
	Base  string            // the name of the folder below which key=value folders count
	Local map[string]string // the name of each file, as the user knows it, and the path to its bytes
}

// The formats and encodings that Spec accepts.
var (
	Formats   = []string{"csv", "parquet", "jsonl", profileFormat}
	Encodings = []string{"utf-8", "utf-16", "latin-1"}
)

// The name of the format of profiles, and what a path of one ends in. A profile is no table: nothing here reads it.
const (
	profileFormat    = "profile"
	ProfileExtension = ".profile.json"
)

// IsProfile reports whether the spec is of a profile, and not of a table.
func (s Spec) IsProfile() bool {
	return s.Format == profileFormat || s.Format == "" && strings.HasSuffix(s.Path, ProfileExtension)
}

// Problems lists what is wrong with the spec itself, without touching a file.
func (s Spec) Problems() source.Problems {
	var problems source.Problems
	report := func(message, hint string) {
		problems = append(problems, source.Problem{Pos: s.Pos, Message: message, Hint: hint})
	}
	if s.Path == "" {
		report("a table needs a path", "name a file, a glob or a folder")
	}
	if s.Format != "" && !slices.Contains(Formats, s.Format) {
		report("unknown format "+quoted(s.Format), "known formats: "+strings.Join(Formats, ", "))
	}
	if s.Encoding != "" && !slices.Contains(Encodings, s.Encoding) {
		report("unknown encoding "+quoted(s.Encoding), "known encodings: "+strings.Join(Encodings, ", "))
	}
	if !isOneByte(s.Delimiter) {
		report("delimiter "+quoted(s.Delimiter)+" is not one ASCII character", `for example "," or ";" or "\t"`)
	}
	if !isOneByte(s.Quote) {
		report("quote "+quoted(s.Quote)+" is not one ASCII character", `for example '"'`)
	}
	return problems
}

func isOneByte(s string) bool {
	return s == "" || len(s) == 1 && s[0] < utf8.RuneSelf && s != "\n" && s != "\r" && s != "\x00"
}

// formatsByExtension: .json is read as JSON lines; an array is refused with its remedy.
var formatsByExtension = map[string]string{
	".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}

// compressions by extension, as the engine names them.
var compressions = map[string]string{".gz": "gzip", ".zst": "zstd"}

// IsData reports whether a file's name says that it is in a format that tables have.
func IsData(path string) bool {
	ext, _ := extensions(path)
	return formatsByExtension[ext] != ""
}

// extensions splits the name of a file into the extension of its format and that of its compression ("" where none).
func extensions(path string) (format, compression string) {
	path = strings.ToLower(path)
	if ext := filepath.Ext(path); compressions[ext] != "" {
		compression = ext
		path = strings.TrimSuffix(path, ext)
	}
	return filepath.Ext(path), compression
}
