// Package schema checks a table against its data contract: every rule of the contract in one scan, and a second look for
// example rows only where a rule is broken. It knows the table engine, and nothing of where the contract was read.
package schema

import (
	"cmp"
	"slices"
	"time"

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
	ColumnOrder  *source.At[bool]     `yaml:"column-order,omitempty" doc:"Whether the columns must stand in the table in the contract's order. Default false."`
	Unique       []Unique             `yaml:"unique,omitempty" doc:"Columns that together never hold the same values twice."`
	ForeignKeys  []ForeignKey         `yaml:"foreign-keys,omitempty" doc:"Values that must stand in another table."`
	Agrees       []Agreement          `yaml:"agrees,omitempty" doc:"Other tables with the same number of rows, or the same sums."`
	Rules        []SQLRule            `yaml:"rules,omitempty" doc:"Rules in SQL: a condition on each row, or a query that finds what is wrong."`
	Severity     finding.Severity     `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule of the table costs. Default fail."`
	Tags         []string             `yaml:"tags,omitempty" doc:"Words by which a check picks rules: of all rules of the contract."`
	Variables    map[string]string    `yaml:"variables,omitempty" config:"any-scalar" doc:"Values that stand anywhere in the contract as ${name}; assay.yaml may give others."`
	Columns      []Column             `yaml:"columns,omitempty" doc:"The columns."`
	Pos          source.Pos           `yaml:"-"`
}

// Rows bounds the number of rows.
type Rows struct {
	Min *source.Number `yaml:"min,omitempty" doc:"Fewest rows allowed."`
	Max *source.Number `yaml:"max,omitempty" doc:"Most rows allowed."`
}

// Unique names columns that together never hold the same values twice. Rows where one of them is null are left out.
type Unique struct {
	Columns     []string         `yaml:"columns" config:"required" doc:"The columns."`
	Description string           `yaml:"description,omitempty" doc:"Why, for the reader of a finding."`
	Severity    finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule costs. Default: the contract's."`
	Tags        []string         `yaml:"tags,omitempty" doc:"Words by which a check picks rules."`
	Pos         source.Pos       `yaml:"-"`
}

// ForeignKey says that the values of columns stand in another table. Rows where one of them is null are left out.
type ForeignKey struct {
	Columns     []string         `yaml:"columns" config:"required" doc:"The columns of this table."`
	Table       string           `yaml:"table" config:"required" doc:"Name of the other table, under data in assay.yaml."`
	References  []string         `yaml:"references,omitempty" doc:"The columns of the other table. Default: those of the same names."`
	Mostly      *source.Number   `yaml:"mostly,omitempty" doc:"Lowest share of rows that must keep the rule, from 0 to 1. Default 1."`
	Description string           `yaml:"description,omitempty" doc:"Why, for the reader of a finding."`
	Severity    finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule costs. Default: the contract's."`
	Tags        []string         `yaml:"tags,omitempty" doc:"Words by which a check picks rules."`
	Pos         source.Pos       `yaml:"-"`
}

// Agreement says that another table has as many rows, or the same sums of columns.
type Agreement struct {
	Table       string           `yaml:"table" config:"required" doc:"Name of the other table, under data in assay.yaml."`
	Rows        bool             `yaml:"rows,omitempty" doc:"Whether both have the same number of rows."`
	Sums        []string         `yaml:"sums,omitempty" doc:"Columns of both whose sums are the same."`
	Tolerance   *source.Number   `yaml:"tolerance,omitempty" doc:"Largest difference allowed, as a share of the other table's value. Default 0 for rows, 1e-9 for sums."`
	Description string           `yaml:"description,omitempty" doc:"Why, for the reader of a finding."`
	Severity    finding.Severity `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule costs. Default: the contract's."`
	Tags        []string         `yaml:"tags,omitempty" doc:"Words by which a check picks rules."`
	Pos         source.Pos       `yaml:"-"`
}

// SQLRule is a rule in the engine's SQL, which reads the tables of the config by their names and nothing else.
type SQLRule struct {
	Condition   `yaml:",inline" config:"one-of"`
	Query       *source.At[string] `yaml:"query,omitempty" config:"one-of" doc:"A SELECT that returns the rows that are wrong; none may come back."`
	Name        string             `yaml:"name,omitempty" doc:"A short name for the findings."`
	Description string             `yaml:"description,omitempty" doc:"Why, for the reader of a finding."`
	Severity    finding.Severity   `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule costs. Default: the contract's."`
	Tags        []string           `yaml:"tags,omitempty" doc:"Words by which a check picks rules."`
	Pos         source.Pos         `yaml:"-"`
}

// Condition is a rule on each row.
type Condition struct {
	Rule   *source.At[string] `yaml:"rule,omitempty" config:"required" doc:"Condition that every row keeps, such as amount <= credit_limit. A row where it is neither true nor false, since something is null, is left out."`
	Where  *source.At[string] `yaml:"where,omitempty" doc:"Which rows the rule is about. Default: all."`
	Mostly *source.Number     `yaml:"mostly,omitempty" doc:"Lowest share of these rows that must keep the rule, from 0 to 1. Default 1."`
}

// Column is what one column promises.
type Column struct {
	Name         string               `yaml:"name" config:"required" doc:"Name of the column."`
	Description  string               `yaml:"description,omitempty" doc:"What the column holds, for its readers."`
	Sensitive    bool                 `yaml:"sensitive,omitempty" doc:"Whether no value of the column may ever be shown. Default false."`
	Type         *source.At[Type]     `yaml:"type,omitempty" enum:"string,integer,number,decimal,boolean,date,time,timestamp,timestamp-with-zone,list,nested" doc:"Type of the values."`
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
	Format       *source.At[Format]   `yaml:"format,omitempty" enum:"email,uuid,uri,ipv4,hostname,date,date-time" doc:"Well-known form of the values."`
	DateFormat   *source.At[string]   `yaml:"date-format,omitempty" doc:"Form of dates in a text column, in the signs of strptime, such as %d.%m.%Y."`
	Earliest     *source.At[string]   `yaml:"earliest,omitempty" config:"any-scalar" doc:"Earliest date or time allowed, such as 2024-01-31 or 2024-01-31 12:00:00 (UTC)."`
	Latest       *source.At[string]   `yaml:"latest,omitempty" config:"any-scalar" doc:"Latest date or time allowed."`
	Monotone     *source.At[Monotone] `yaml:"monotone,omitempty" enum:"increasing,decreasing" doc:"Whether values only rise, or only fall, from row to row of a file; equal ones may follow each other unless unique is true."`
	Outliers     *Outliers            `yaml:"outliers,omitempty" doc:"Values that lie far from the others."`
	Aggregates   []Aggregate          `yaml:"aggregates,omitempty" doc:"Bounds for numbers that sum the column up."`

	MaxAge   *source.At[time.Duration] `yaml:"max-age,omitempty" doc:"Highest age of the newest value at the time of the check, such as 36h."`
	Mostly   *source.Number            `yaml:"mostly,omitempty" doc:"Lowest share of values that must keep each rule on values, from 0 to 1. Default 1."`
	Severity finding.Severity          `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule of the column costs. Default: the contract's."`
	Tags     []string                  `yaml:"tags,omitempty" doc:"Words by which a check picks rules: of all rules of the column."`
	Pos      source.Pos                `yaml:"-"`
}

// Outliers bounds the values that lie far from the others: by the distance from the mean in standard deviations, or from
// the middle half of the values in its widths (Tukey 1977).
type Outliers struct {
	Method OutlierMethod  `yaml:"method" config:"required" enum:"z-score,iqr" doc:"How distance is measured: z-score from the mean in standard deviations; iqr from the quartiles in widths between them."`
	Limit  *source.Number `yaml:"limit,omitempty" doc:"Largest distance allowed. Default 3 for z-score, 1.5 for iqr."`
	Mostly *source.Number `yaml:"mostly,omitempty" doc:"Lowest share of values that must lie within it, from 0 to 1. Default: the column's."`
	Pos    source.Pos     `yaml:"-"`
}

// Aggregate bounds one number that sums a column up. Nulls are left out.
type Aggregate struct {
	Of          Statistic          `yaml:"of" config:"required" enum:"mean,median,quantile,stdev,sum,distinct,share" doc:"The number: stdev is the sample's; distinct counts values; share is that of one value among all."`
	At          *source.Number     `yaml:"at,omitempty" doc:"Which quantile, from 0 to 1."`
	Value       *source.At[string] `yaml:"value,omitempty" config:"any-scalar" doc:"The value whose share is meant."`
	Min         *source.Number     `yaml:"min,omitempty" doc:"Lowest number allowed."`
	Max         *source.Number     `yaml:"max,omitempty" doc:"Highest number allowed."`
	Description string             `yaml:"description,omitempty" doc:"Why, for the reader of a finding."`
	Severity    finding.Severity   `yaml:"severity,omitempty" enum:"fail,warn" doc:"What a broken rule costs. Default: the column's."`
	Tags        []string           `yaml:"tags,omitempty" doc:"Words by which a check picks rules. Those of the column count too."`
	Pos         source.Pos         `yaml:"-"`
}

// The words that a contract chooses from.
type (
	// Type is a type of values.
	Type string
	// Format is a well-known form of texts.
	Format string
	// Monotone is a direction of values from row to row.
	Monotone string
	// OutlierMethod is a measure of distance from the other values.
	OutlierMethod string
	// Statistic is a number that sums a column up.
	Statistic string
)

// The types of a contract. An integer or decimal column also satisfies Number, a list also Nested, and a time with its
// zone also Timestamp.
const (
	String            Type = "string"
	Integer           Type = "integer"
	Number            Type = "number"
	Decimal           Type = "decimal"
	Boolean           Type = "boolean"
	Date              Type = "date"
	Time              Type = "time"
	Timestamp         Type = "timestamp"
	TimestampWithZone Type = "timestamp-with-zone"
	List              Type = "list"
	Nested            Type = "nested"
)

// The other words.
const (
	Increasing Monotone = "increasing"
	Decreasing Monotone = "decreasing"

	ZScore OutlierMethod = "z-score"
	IQR    OutlierMethod = "iqr"

	Mean     Statistic = "mean"
	Median   Statistic = "median"
	Quantile Statistic = "quantile"
	Stdev    Statistic = "stdev"
	Sum      Statistic = "sum"
	Distinct Statistic = "distinct"
	Share    Statistic = "share"
)

// Use is one `table:` entry of `validate:`: a contract applied to a table.
type Use struct {
	Table     string            `yaml:"table" config:"required" doc:"Name of the table."`
	Contract  string            `yaml:"contract" config:"required" doc:"The contract file."`
	Variables map[string]string `yaml:"variables,omitempty" config:"any-scalar" doc:"Values for the contract's variables."`
	Tags      []string          `yaml:"tags,omitempty" doc:"Only rules with one of these tags. Default: all rules."`
	Changes   finding.Severity  `yaml:"changes,omitempty" enum:"fail,warn" doc:"What a change costs that lets down those who rely on the contract, compared with the base commit's. Default warn."`
	Pos       source.Pos        `yaml:"-"`

	// Promises is the contract as it was read, with its variables in place.
	Promises *Contract `yaml:"-"`
	// OfBase marks a contract that the change weakened or dropped and that still applies as the base has it.
	OfBase bool `yaml:"-"`
}

// ChangeCosts is the severity of a change that lets down those who rely on the contract.
func (u Use) ChangeCosts() finding.Severity { return cmp.Or(u.Changes, finding.SeverityWarn) }

// AllTags are the tags of the contract and of its rules, sorted, each once.
func (c Contract) AllTags() []string {
	all := slices.Clone(c.Tags)
	for _, u := range c.Unique {
		all = append(all, u.Tags...)
	}
	for _, k := range c.ForeignKeys {
		all = append(all, k.Tags...)
	}
	for _, a := range c.Agrees {
		all = append(all, a.Tags...)
	}
	for _, r := range c.Rules {
		all = append(all, r.Tags...)
	}
	for _, column := range c.Columns {
		all = append(all, column.Tags...)
		for _, a := range column.Aggregates {
			all = append(all, a.Tags...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
