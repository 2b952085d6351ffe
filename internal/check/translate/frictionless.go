package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/source"
)

// The types of a Frictionless Table Schema (https://datapackage.org/standard/table-schema/) and ours.
var fromFrictionless = map[string]schema.Type{
	"string": schema.String, "number": schema.Number, "integer": schema.Integer, "boolean": schema.Boolean, "date": schema.Date,
	"time": schema.Time, "datetime": schema.Timestamp, "year": schema.Integer, "array": schema.List, "list": schema.List, "object": schema.Nested,
}

var toFrictionless = map[schema.Type]string{
	schema.String: "string", schema.Number: "number", schema.Decimal: "number", schema.Integer: "integer", schema.Boolean: "boolean", schema.Date: "date",
	schema.Time: "time", schema.Timestamp: "datetime", schema.TimestampWithZone: "datetime", schema.List: "array", schema.Nested: "object",
}

// formats that both sides know by the same name.
var sharedFormats = []string{"email", "uri", "uuid"}

// reading is a file of another tool being read.
type reading struct {
	contract schema.Contract
	losses   []Loss
}

func (r *reading) lose(where string, what ...string) {
	for _, w := range what {
		r.losses = append(r.losses, Loss{where, w})
	}
}

func fromTableSchema(path string, data []byte) (schema.Contract, []Loss, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // a limit stays as it was written
	var file fields
	if err := decoder.Decode(&file); err != nil {
		return schema.Contract{}, nil, source.Problems{{Pos: source.Pos{File: path}, Message: fmt.Sprintf("is no JSON: %v", err), Hint: "name a Table Schema as JSON"}}
	}
	list, ok := file.take("fields").([]any)
	if !ok {
		return schema.Contract{}, nil, source.Problems{{Pos: source.Pos{File: path}, Message: "has no fields", Hint: "name a Table Schema: a JSON object with a list of fields"}}
	}
	r := reading{contract: schema.Contract{Version: 1}}
	r.tableKeys(file)
	for i, entry := range list {
		field, ok := entry.(map[string]any)
		name, named := fields(field).text("name")
		if !ok || !named || name == "" {
			r.lose("", fmt.Sprintf("field %d has no name", i+1))
			continue
		}
		r.contract.Columns = append(r.contract.Columns, r.column(name, field))
	}
	return r.contract, r.losses, nil
}

// tableKeys reads what a Table Schema says of the table.
func (r *reading) tableKeys(file fields) {
	if key := file.names("primaryKey"); len(key) > 0 {
		r.contract.PrimaryKey = at(key)
	}
	match := "exact"
	if text := file.names("fieldsMatch"); len(text) == 1 {
		match = text[0]
	}
	switch match {
	case "exact":
		r.contract.OtherColumns, r.contract.ColumnOrder = at(false), at(true)
	case "equal":
		r.contract.OtherColumns = at(false)
	case "subset":
	default:
		r.lose("", "fieldsMatch: "+match)
	}
	if keys, ok := file.take("uniqueKeys").([]any); ok {
		for _, key := range keys {
			if names := (fields{"key": key}).names("key"); len(names) > 0 {
				r.contract.Unique = append(r.contract.Unique, schema.Unique{Columns: names})
			}
		}
	}
	if keys, ok := file.take("foreignKeys").([]any); ok {
		for _, key := range keys {
			r.foreignKey(key)
		}
	}
	if missing, ok := file["missingValues"].([]any); ok && len(missing) == 1 && missing[0] == "" {
		delete(file, "missingValues")
	}
	file.take("$schema")
	r.lose("", file.left("")...)
}

func (r *reading) foreignKey(key any) {
	entry, _ := key.(map[string]any)
	reference, _ := entry["reference"].(map[string]any)
	columns, references := fields(entry).names("fields"), fields(reference).names("fields")
	name, _ := fields(reference).text("resource")
	if len(columns) == 0 || name == "" {
		r.lose("", "foreignKeys: a key without a resource, which points into its own table")
		return
	}
	r.contract.ForeignKeys = append(r.contract.ForeignKeys, schema.ForeignKey{Columns: columns, Table: name, References: references})
}

// column reads one field.
func (r *reading) column(name string, field fields) schema.Column {
	c := schema.Column{Name: name}
	c.Description, _ = field.text("description")
	typ, _ := field.text("type")
	if known, ok := fromFrictionless[typ]; ok {
		c.Type = at(known)
	} else if typ != "" && typ != "any" {
		r.lose(name, "type "+typ)
	}
	r.format(&c, field)
	if constraints, ok := field.take("constraints").(map[string]any); ok {
		r.constraints(&c, constraints)
	}
	r.lose(name, field.left("")...)
	return c
}

func (r *reading) format(c *schema.Column, field fields) {
	format, ok := field.text("format")
	isDate := c.Type != nil && (c.Type.Value == schema.Date || c.Type.Value == schema.Timestamp)
	switch {
	case !ok || format == "default":
	case slices.Contains(sharedFormats, format):
		c.Format = at(schema.Format(format))
	case isDate && strings.Contains(format, "%"):
		c.Type, c.DateFormat = nil, at(format) // the form says that it is a date
	default:
		r.lose(c.Name, "format "+format)
	}
}

func (r *reading) constraints(c *schema.Column, constraints fields) {
	if required, ok := constraints.take("required").(bool); ok && required {
		c.Nullable = at(false)
	}
	if unique, ok := constraints.take("unique").(bool); ok && unique {
		c.Unique = at(true)
	}
	isDate := c.DateFormat != nil || c.Type != nil && (c.Type.Value == schema.Date || c.Type.Value == schema.Timestamp)
	if isDate {
		c.Earliest, c.Latest = moment(constraints, "minimum"), moment(constraints, "maximum")
	} else if c.Type == nil || c.Type.Value == schema.Number || c.Type.Value == schema.Integer {
		c.Min, c.Max = constraints.number("minimum"), constraints.number("maximum")
	}
	if c.Type == nil || c.Type.Value == schema.String {
		c.MinLength, c.MaxLength = constraints.number("minLength"), constraints.number("maxLength")
		if pattern, ok := constraints["pattern"].(string); ok {
			if _, err := regexp.Compile(pattern); err == nil {
				constraints.take("pattern")
				c.Pattern = at(pattern)
			}
		}
	}
	if values, ok := constraints["enum"].([]any); ok && len(values) > 0 {
		constraints.take("enum")
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = fmt.Sprint(value)
		}
		c.Allowed = at(texts)
	}
	r.lose(c.Name, constraints.left("constraint ")...)
}

func moment(constraints fields, key string) *source.At[string] {
	text, ok := constraints.text(key)
	if !ok {
		return nil
	}
	return at(strings.TrimSuffix(strings.Replace(text, "T", " ", 1), "Z"))
}

// tableSchema is a Table Schema in the order in which people write one.
type tableSchema struct {
	Fields      []tableField      `json:"fields"`
	FieldsMatch string            `json:"fieldsMatch,omitempty"`
	PrimaryKey  []string          `json:"primaryKey,omitempty"`
	UniqueKeys  [][]string        `json:"uniqueKeys,omitempty"`
	ForeignKeys []tableForeignKey `json:"foreignKeys,omitempty"`
}

type tableField struct {
	Name        string          `json:"name"`
	Type        string          `json:"type"`
	Format      string          `json:"format,omitempty"`
	Description string          `json:"description,omitempty"`
	Constraints *tableConstrain `json:"constraints,omitempty"`
}

type tableConstrain struct {
	Required  bool        `json:"required,omitempty"`
	Unique    bool        `json:"unique,omitempty"`
	Minimum   any         `json:"minimum,omitempty"`
	Maximum   any         `json:"maximum,omitempty"`
	MinLength json.Number `json:"minLength,omitempty"`
	MaxLength json.Number `json:"maxLength,omitempty"`
	Pattern   string      `json:"pattern,omitempty"`
	Enum      []string    `json:"enum,omitempty"`
}

type tableForeignKey struct {
	Fields    []string `json:"fields"`
	Reference struct {
		Resource string   `json:"resource"`
		Fields   []string `json:"fields"`
	} `json:"reference"`
}

func toTableSchema(c schema.Contract) ([]byte, []Loss, error) {
	r := reading{contract: c}
	file := tableSchema{Fields: []tableField{}, PrimaryKey: c.PrimaryKey.Get(nil), FieldsMatch: fieldsMatch(c)}
	r.tableLosses()
	for _, u := range c.Unique {
		file.UniqueKeys = append(file.UniqueKeys, u.Columns)
	}
	for _, key := range c.ForeignKeys {
		k := tableForeignKey{Fields: key.Columns}
		k.Reference.Resource, k.Reference.Fields = key.Table, key.References
		if len(key.References) == 0 {
			k.Reference.Fields = key.Columns
		}
		if key.Mostly != nil {
			r.lose("", "mostly of a foreign key")
		}
		file.ForeignKeys = append(file.ForeignKeys, k)
	}
	for _, column := range c.Columns {
		file.Fields = append(file.Fields, r.field(column))
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(file); err != nil {
		return nil, nil, fmt.Errorf("write Table Schema: %w", err)
	}
	return out.Bytes(), r.losses, nil
}

// fieldsMatch is how the header has to fit; "" is exact.
func fieldsMatch(c schema.Contract) string {
	switch {
	case c.OtherColumns.Get(true):
		return "subset"
	case !c.ColumnOrder.Get(false):
		return "equal"
	}
	return ""
}

// tableLosses lists what a Table Schema cannot say of a table.
func (r *reading) tableLosses() {
	c := r.contract
	for _, part := range []struct {
		is   bool
		what string
	}{{c.Rows != schema.Rows{}, "rows"}, {len(c.Agrees) > 0, "agrees"}, {len(c.Rules) > 0, "rules"}, {c.Severity != "", "severity"},
		{c.Description != "", "description"}, {c.OtherColumns.Get(true) && c.ColumnOrder.Get(false), "column-order beside other columns"}} {
		if part.is {
			r.lose("", part.what)
		}
	}
}

// field writes one column.
func (r *reading) field(c schema.Column) tableField {
	f := tableField{Name: c.Name, Type: "any", Description: c.Description}
	if c.Type != nil {
		f.Type = toFrictionless[c.Type.Value]
	}
	var k tableConstrain
	k.Required, k.Unique, k.Enum = !c.Nullable.Get(true), c.Unique.Get(false), c.Allowed.Get(nil)
	k.Pattern = c.Pattern.Get("")
	r.formOf(c, &f, &k)
	k.Minimum, k.Maximum = limit(c.Min, c.Earliest), limit(c.Max, c.Latest)
	if f.Type == "any" && (k.Minimum != nil || k.Maximum != nil) {
		f.Type = map[bool]string{true: "number", false: "date"}[c.Min != nil || c.Max != nil]
	}
	if f.Type == "any" && (k.Pattern != "" || c.MinLength != nil || c.MaxLength != nil) {
		f.Type = "string"
	}
	if c.MinLength != nil {
		k.MinLength = json.Number(c.MinLength.Text)
	}
	if c.MaxLength != nil {
		k.MaxLength = json.Number(c.MaxLength.Text)
	}
	if !k.isEmpty() {
		f.Constraints = &k
	}
	r.columnLosses(c)
	return f
}

func (k tableConstrain) isEmpty() bool {
	return !k.Required && !k.Unique && k.Minimum == nil && k.Maximum == nil && k.MinLength == "" && k.MaxLength == "" && k.Pattern == "" && k.Enum == nil
}

func limit(n *source.Number, moment *source.At[string]) any {
	switch {
	case n != nil:
		return json.Number(n.Text)
	case moment != nil:
		return strings.Replace(moment.Value, " ", "T", 1)
	}
	return nil
}

// formOf writes formats; one that a Table Schema does not know becomes a pattern.
func (r *reading) formOf(c schema.Column, f *tableField, k *tableConstrain) {
	if c.DateFormat != nil {
		f.Format, f.Type = c.DateFormat.Value, "date"
		if strings.ContainsAny(c.DateFormat.Value, "HIMSp") && regexp.MustCompile(`%[HIMSp]`).MatchString(c.DateFormat.Value) {
			f.Type = "datetime"
		}
	}
	if c.Format == nil {
		return
	}
	switch form := c.Format.Value; {
	case slices.Contains(sharedFormats, string(form)):
		f.Type, f.Format = "string", string(form)
	case form.Pattern() != "" && k.Pattern == "":
		f.Type, k.Pattern = "string", form.Pattern()
	case form == "date":
		f.Type = "date"
	case form == "date-time":
		f.Type = "datetime"
	default:
		r.lose(c.Name, "format "+string(form)+" beside a pattern")
	}
}

// columnLosses lists what a Table Schema cannot say of a column.
func (r *reading) columnLosses(c schema.Column) {
	for _, part := range []struct {
		is   bool
		what string
	}{{!c.Required.Get(true), "required: false"}, {c.MaxNullShare != nil, "max-null-share"}, {c.Mostly != nil, "mostly"}, {c.Severity != "", "severity"},
		{c.Sensitive, "sensitive"}, {c.Outliers != nil, "outliers"}, {len(c.Aggregates) > 0, "aggregates"}, {c.MaxAge != nil, "max-age"}, {c.Monotone != nil, "monotone"},
		{c.Type != nil && c.Type.Value == schema.Decimal, "type decimal, whose exactness is lost"},
		{c.Type != nil && c.Type.Value == schema.TimestampWithZone, "type timestamp-with-zone, whose zone is lost"}} {
		if part.is {
			r.lose(c.Name, part.what)
		}
	}
}
