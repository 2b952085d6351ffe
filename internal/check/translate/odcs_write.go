package translate

import (
	"bytes"
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/source"
)

// odcsVersion is the version of the standard that is written.
const odcsVersion = "v3.1.0"

// toODCS names our types in the standard.
var toODCS = map[schema.Type]string{
	schema.String: "string", schema.Number: "number", schema.Decimal: "number", schema.Integer: "integer", schema.Boolean: "boolean", schema.Date: "date",
	schema.Time: "time", schema.Timestamp: "timestamp", schema.TimestampWithZone: "timestamp", schema.List: "array", schema.Nested: "object",
}

// The parts of an Open Data Contract that are written, in the order in which people write them.
type (
	odcsFile struct {
		Version    string       `yaml:"version"`
		Kind       string       `yaml:"kind"`
		APIVersion string       `yaml:"apiVersion"`
		ID         string       `yaml:"id"`
		Name       string       `yaml:"name"`
		Status     string       `yaml:"status"`
		Schema     []odcsObject `yaml:"schema"`
	}
	odcsObject struct {
		Name          string             `yaml:"name"`
		LogicalType   string             `yaml:"logicalType"`
		Description   string             `yaml:"description,omitempty"`
		Properties    []odcsProperty     `yaml:"properties"`
		Relationships []odcsRelationship `yaml:"relationships,omitempty"`
		Quality       []odcsQuality      `yaml:"quality,omitempty"`
	}
	odcsProperty struct {
		Name       string         `yaml:"name"`
		Type       string         `yaml:"logicalType,omitempty"`
		Options    map[string]any `yaml:"logicalTypeOptions,omitempty"`
		Text       string         `yaml:"description,omitempty"`
		Required   bool           `yaml:"required,omitempty"`
		Unique     bool           `yaml:"unique,omitempty"`
		PrimaryKey bool           `yaml:"primaryKey,omitempty"`
		Position   int            `yaml:"primaryKeyPosition,omitempty"`
		Quality    []odcsQuality  `yaml:"quality,omitempty"`
	}
	odcsRelationship struct {
		Type string   `yaml:"type"`
		From []string `yaml:"from"`
		To   []string `yaml:"to"`
	}
	odcsQuality struct {
		Type      string         `yaml:"type"`
		Metric    string         `yaml:"metric"`
		Arguments map[string]any `yaml:"arguments,omitempty"`
		MustBe    *int           `yaml:"mustBe,omitempty"`
		AtLeast   *source.Number `yaml:"mustBeGreaterOrEqualTo,omitempty"`
		AtMost    any            `yaml:"mustBeLessOrEqualTo,omitempty"`
		Unit      string         `yaml:"unit,omitempty"`
	}
)

func toODCSFile(name string, c schema.Contract) ([]byte, []Loss, error) {
	r := reading{contract: c}
	object := odcsObject{Name: name, LogicalType: "object", Description: c.Description, Properties: []odcsProperty{}}
	for _, column := range c.Columns {
		object.Properties = append(object.Properties, r.odcsProperty(column))
	}
	if c.Rows.Min != nil {
		object.Quality = append(object.Quality, odcsQuality{Type: "library", Metric: "rowCount", AtLeast: c.Rows.Min})
	}
	if c.Rows.Max != nil {
		object.Quality = append(object.Quality, odcsQuality{Type: "library", Metric: "rowCount", AtMost: c.Rows.Max})
	}
	for _, u := range c.Unique {
		object.Quality = append(object.Quality, odcsQuality{Type: "library", Metric: "duplicateValues", MustBe: new(int), Arguments: map[string]any{"properties": u.Columns}})
	}
	for _, key := range c.ForeignKeys {
		if key.Mostly != nil {
			r.lose("", "mostly of a foreign key")
		}
		relation := odcsRelationship{Type: "foreignKey"}
		references := key.References
		if len(references) == 0 {
			references = key.Columns
		}
		for i := range key.Columns {
			relation.From, relation.To = append(relation.From, name+"."+key.Columns[i]), append(relation.To, key.Table+"."+references[i])
		}
		object.Relationships = append(object.Relationships, relation)
	}
	r.odcsLosses()
	file := odcsFile{Version: "1.0.0", Kind: "DataContract", APIVersion: odcsVersion, ID: name, Name: name, Status: "active", Schema: []odcsObject{object}}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(file); err != nil {
		return nil, nil, fmt.Errorf("write Open Data Contract: %w", err)
	}
	return out.Bytes(), r.losses, nil
}

// odcsLosses lists what the standard cannot say of a table.
func (r *reading) odcsLosses() {
	c := r.contract
	for _, part := range []struct {
		is   bool
		what string
	}{{!c.OtherColumns.Get(true), "other-columns"}, {c.ColumnOrder.Get(false), "column-order"}, {len(c.Agrees) > 0, "agrees"},
		{len(c.Rules) > 0, "rules"}, {c.Severity != "", "severity"}} {
		if part.is {
			r.lose("", part.what)
		}
	}
}

// odcsProperty writes one column.
func (r *reading) odcsProperty(c schema.Column) odcsProperty {
	p := odcsProperty{Name: c.Name, Text: c.Description, Required: !c.Nullable.Get(true), Unique: c.Unique.Get(false), Options: map[string]any{}}
	if c.Type != nil {
		p.Type = toODCS[c.Type.Value]
	}
	r.odcsOptions(c, &p)
	if i := slices.Index(r.contract.PrimaryKey.Get(nil), c.Name); i >= 0 {
		p.PrimaryKey, p.Position = true, i+1
	}
	if c.Allowed != nil {
		p.Quality = append(p.Quality, odcsQuality{Type: "library", Metric: "invalidValues", MustBe: new(int), Arguments: map[string]any{"validValues": c.Allowed.Value}})
	}
	if c.MaxNullShare != nil {
		percent, _ := new(big.Rat).Mul(c.MaxNullShare.Rat(), big.NewRat(100, 1)).Float64()
		p.Quality = append(p.Quality, odcsQuality{Type: "library", Metric: "nullValues", AtMost: percent, Unit: "percent"})
	}
	c.MaxNullShare = nil // it was said
	r.columnLosses(c)
	return p
}

// odcsOptions writes what belongs to the type; a type that was not said is told by its limits.
func (r *reading) odcsOptions(c schema.Column, p *odcsProperty) {
	set := func(typ, key string, value any) {
		p.Options[key] = value
		p.Type = cmp.Or(p.Type, typ)
	}
	for key, n := range map[string]*source.Number{"minimum": c.Min, "maximum": c.Max} {
		if n != nil {
			set("number", key, *n)
		}
	}
	for key, n := range map[string]*source.Number{"minLength": c.MinLength, "maxLength": c.MaxLength} {
		if n != nil {
			set("string", key, *n)
		}
	}
	for key, moment := range map[string]*source.At[string]{"minimum": c.Earliest, "maximum": c.Latest} {
		if moment != nil {
			set(map[bool]string{true: "date", false: "timestamp"}[len(moment.Value) == len("2006-01-02")], key, moment.Value)
		}
	}
	if c.Pattern != nil {
		set("string", "pattern", c.Pattern.Value)
	}
	if c.DateFormat != nil {
		if format, ok := toJDK(c.DateFormat.Value); ok {
			set("date", "format", format)
		} else {
			r.lose(c.Name, "date-format "+c.DateFormat.Value)
		}
	}
	if c.Format != nil {
		switch form := string(c.Format.Value); {
		case slices.Contains(odcsFormats, form):
			set("string", "format", form)
		case form == "date":
			p.Type = cmp.Or(p.Type, "date")
		default:
			p.Type = cmp.Or(p.Type, "timestamp")
		}
	}
}

// toJDK is the reverse of fromJDK.
func toJDK(strptime string) (format string, ok bool) {
	pairs := make([]string, len(jdk))
	for i := 0; i < len(jdk); i += 2 {
		pairs[i], pairs[i+1] = jdk[i+1], jdk[i]
	}
	format = strings.NewReplacer(pairs...).Replace(strptime)
	back, known := fromJDK(format)
	return format, known && back == strptime
}
