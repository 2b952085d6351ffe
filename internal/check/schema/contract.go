// Package schema checks a table against its data contract: every rule of the contract in one scan, and a second look for
// example rows only where a rule is broken. It knows the table engine, and nothing of where the contract was read.
package schema

import (
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Contract is what a table promises: a contract file.
type Contract struct {
	Version      int                  `yaml:"version" config:"required" enum:"1" doc:"Version of the contract format: 1."`
	Description  string               `yaml:"description,omitempty" doc:"What the table holds, for its readers."`
	Rows         Rows                 `yaml:"rows,omitempty" doc:"How many rows the table may have."`
	PrimaryKey   *source.At[[]string] `yaml:"primary-key,omitempty" doc:"Columns that together name a row: never null, never twice."`
	OtherColumns *source.At[bool]     `yaml:"other-columns,omitempty" doc:"Whether columns that the contract does not name are allowed. Default true."`
	Severity     finding.Severity     `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule of the table costs. Default fail."`
	Columns      []Column             `yaml:"columns,omitempty" doc:"The columns."`
	Pos          source.Pos           `yaml:"-"`
}

// Rows bounds the number of rows.
type Rows struct {
	Min *source.Number `yaml:"min,omitempty" doc:"Fewest rows allowed."`
	Max *source.Number `yaml:"max,omitempty" doc:"Most rows allowed."`
}

// Column is what one column promises.
type Column struct {
	Name         string               `yaml:"name" config:"required" doc:"Name of the column."`
	Description  string               `yaml:"description,omitempty" doc:"What the column holds, for its readers."`
	Type         *source.At[Type]     `yaml:"type,omitempty" enum:"string,integer,number,boolean,date,timestamp" doc:"Type of the values."`
	Required     *source.At[bool]     `yaml:"required,omitempty" doc:"Whether the column must be there. Default true."`
	Nullable     *source.At[bool]     `yaml:"nullable,omitempty" doc:"Whether nulls are allowed. Default true."`
	MaxNullShare *source.Number       `yaml:"max-null-share,omitempty" doc:"Highest share of nulls allowed, from 0 to 1."`
	Unique       *source.At[bool]     `yaml:"unique,omitempty" doc:"Whether no value may stand twice."`
	Min          *source.Number       `yaml:"min,omitempty" doc:"Lowest number allowed."`
	Max          *source.Number       `yaml:"max,omitempty" doc:"Highest number allowed."`
	Allowed      *source.At[[]string] `yaml:"allowed,omitempty" config:"any-scalar" doc:"The only values allowed."`
	Pattern      *source.At[string]   `yaml:"pattern,omitempty" doc:"Regular expression (RE2) that the whole value must match."`
	MinLength    *source.Number       `yaml:"min-length,omitempty" doc:"Fewest characters allowed."`
	MaxLength    *source.Number       `yaml:"max-length,omitempty" doc:"Most characters allowed."`
	Severity     finding.Severity     `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule of the column costs. Default fail."`
	Pos          source.Pos           `yaml:"-"`
}

// Type is a type of values.
type Type string

// The types of a contract. An integer column also satisfies Number.
const (
	String    Type = "string"
	Integer   Type = "integer"
	Number    Type = "number"
	Boolean   Type = "boolean"
	Date      Type = "date"
	Timestamp Type = "timestamp"
)

// Use is one `table:` entry of `validate:`: a contract applied to a table.
type Use struct {
	Table    string     `yaml:"table" config:"required" doc:"Name of the table."`
	Contract string     `yaml:"contract" config:"required" doc:"The contract file."`
	Pos      source.Pos `yaml:"-"`
}
