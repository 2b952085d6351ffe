package translate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/source"
)

// The types of the Open Data Contract Standard 3 (https://bitol-io.github.io/open-data-contract-standard/) and ours.
var fromODCS = map[string]schema.Type{
	"string": schema.String, "number": schema.Number, "integer": schema.Integer, "boolean": schema.Boolean, "date": schema.Date,
	"time": schema.Time, "timestamp": schema.Timestamp, "array": schema.List, "object": schema.Nested,
}

// odcsFormats are formats of texts that both sides know by the same name.
var odcsFormats = []string{"email", "uuid", "uri", "hostname", "ipv4"}

// plain turns a YAML node into maps, lists, texts, numbers as they were written, and booleans.
func plain(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.DocumentNode:
		return plain(node.Content[0])
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			value, err := plain(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[node.Content[i].Value] = value
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, child := range node.Content {
			value, err := plain(child)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case yaml.ScalarNode:
		switch node.Tag {
		case "!!null":
			return nil, nil
		case "!!bool":
			return strings.EqualFold(node.Value, "true"), nil
		case "!!int", "!!float":
			return json.Number(node.Value), nil
		}
		return node.Value, nil
	}
	return nil, fmt.Errorf("line %d: an alias; write out what it stands for", node.Line)
}

func fromODCSFile(path string, data []byte) (schema.Contract, []Loss, error) {
	wrong := func(message, hint string) (schema.Contract, []Loss, error) {
		return schema.Contract{}, nil, source.Problems{{Pos: source.Pos{File: path}, Message: message, Hint: hint}}
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil || node.Kind == 0 {
		return wrong(fmt.Sprintf("is no YAML: %v", cmp.Or(err, fmt.Errorf("it is empty"))), "name an Open Data Contract")
	}
	root, err := plain(&node)
	if err != nil {
		return wrong(err.Error(), "")
	}
	file, ok := root.(map[string]any)
	objects, isList := file["schema"].([]any)
	if version, _ := file["apiVersion"].(string); !ok || file["kind"] != "DataContract" || !strings.HasPrefix(version, "v3.") {
		return wrong("is no Open Data Contract of version 3", "kind has to be DataContract, apiVersion v3 and on")
	}
	if !isList || len(objects) != 1 {
		return wrong(fmt.Sprintf("describes %d tables, one is allowed", len(objects)), "split the file: a contract of Assay is about one table")
	}
	object, ok := objects[0].(map[string]any)
	if !ok {
		return wrong("its schema is no list of objects", "")
	}
	r := reading{contract: schema.Contract{Version: 1}}
	for _, known := range []string{"schema", "kind", "apiVersion"} {
		delete(file, known)
	}
	r.object(object)
	r.lose("", fields(file).left("")...)
	return r.contract, r.losses, nil
}

// object reads the one table.
func (r *reading) object(object fields) {
	for _, name := range []string{"name", "physicalName", "logicalType", "physicalType", "id"} {
		object.take(name)
	}
	r.contract.Description, _ = object.text("description")
	properties, _ := object.take("properties").([]any)
	type part struct {
		name     string
		position int64
	}
	var keys []part
	for i, entry := range properties {
		property, ok := entry.(map[string]any)
		name, named := fields(property).text("name")
		if physical, ok := fields(property).text("physicalName"); ok && physical != "" {
			name, named = physical, true // the file's own name for the column
		}
		if !ok || !named || name == "" {
			r.lose("", fmt.Sprintf("property %d has no name", i+1))
			continue
		}
		position := int64(len(keys) + 1)
		if n := fields(property).number("primaryKeyPosition"); n != nil && n.Value > 0 {
			position = int64(n.Value)
		}
		if isKey, _ := fields(property).take("primaryKey").(bool); isKey {
			keys = append(keys, part{name, position})
		}
		r.contract.Columns = append(r.contract.Columns, r.property(name, property))
	}
	slices.SortStableFunc(keys, func(a, b part) int { return cmp.Compare(a.position, b.position) })
	if len(keys) > 0 {
		names := make([]string, len(keys))
		for i, key := range keys {
			names[i] = key.name
		}
		r.contract.PrimaryKey = at(names)
	}
	r.relationships("", object)
	r.eachQuality("", object, r.tableQuality)
	r.lose("", object.left("schema: ")...)
}

// property reads one column.
func (r *reading) property(name string, property fields) schema.Column {
	c := schema.Column{Name: name}
	c.Description, _ = property.text("description")
	typ, _ := property.text("logicalType")
	if known, ok := fromODCS[typ]; ok {
		c.Type = at(known)
	} else if typ != "" {
		r.lose(name, "logicalType "+typ)
	}
	property.take("physicalType")
	property.take("id")
	if required, _ := property.take("required").(bool); required {
		c.Nullable = at(false)
	}
	if unique, _ := property.take("unique").(bool); unique {
		c.Unique = at(true)
	}
	if options, ok := property.take("logicalTypeOptions").(map[string]any); ok {
		r.options(&c, options)
	}
	if values, ok := property["enum"].([]any); ok {
		if texts := enumOf(values); texts != nil {
			property.take("enum")
			c.Allowed = at(texts)
		}
	}
	r.relationships(name, property)
	r.eachQuality(name, property, func(check fields) bool { return columnQuality(&c, check) })
	r.lose(name, property.left("")...)
	return c
}

func enumOf(values []any) []string {
	var texts []string
	for _, value := range values {
		if entry, ok := value.(map[string]any); ok {
			value = entry["value"]
		}
		if value == nil {
			return nil
		}
		texts = append(texts, fmt.Sprint(value))
	}
	return texts
}

// options reads what belongs to a type.
func (r *reading) options(c *schema.Column, options fields) {
	isDate := c.Type != nil && (c.Type.Value == schema.Date || c.Type.Value == schema.Timestamp)
	isNumber := c.Type != nil && (c.Type.Value == schema.Number || c.Type.Value == schema.Integer)
	format, _ := options["format"].(string)
	switch {
	case isDate:
		c.Earliest, c.Latest = moment(options, "minimum"), moment(options, "maximum")
		if strptime, ok := fromJDK(format); ok && format != "" {
			options.take("format")
			if format != "yyyy-MM-dd" && format != "yyyy-MM-dd HH:mm:ss" {
				c.Type, c.DateFormat = nil, at(strptime)
			}
		}
	case isNumber:
		c.Min, c.Max = options.number("minimum"), options.number("maximum")
		if slices.Contains([]string{"i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128", "f32", "f64"}, format) {
			options.take("format") // how it is stored
		}
	default:
		c.MinLength, c.MaxLength = options.number("minLength"), options.number("maxLength")
		if pattern, ok := options["pattern"].(string); ok {
			if _, err := regexp.Compile(pattern); err == nil {
				options.take("pattern")
				c.Pattern = at(pattern)
			}
		}
		if slices.Contains(odcsFormats, format) {
			options.take("format")
			c.Format = at(schema.Format(format))
		}
	}
	r.lose(c.Name, options.left("logicalTypeOptions ")...)
}

// jdk pairs the letters of Java's DateTimeFormatter with strptime's.
var jdk = []string{"yyyy", "%Y", "MM", "%m", "dd", "%d", "HH", "%H", "mm", "%M", "ss", "%S"}

func fromJDK(format string) (strptime string, ok bool) {
	strptime = strings.NewReplacer(jdk...).Replace(format)
	rest := strings.NewReplacer("%Y", "", "%m", "", "%d", "", "%H", "", "%M", "", "%S", "").Replace(strptime)
	return strptime, !regexp.MustCompile(`[A-Za-z'%]`).MatchString(strings.TrimSuffix(rest, "T"))
}

// relationships reads foreign keys: to one column of another table, or from several to several.
func (r *reading) relationships(column string, element fields) {
	list, ok := element["relationships"].([]any)
	if !ok {
		return
	}
	element.take("relationships")
	for _, entry := range list {
		relation, _ := entry.(map[string]any)
		from, to := fields(relation).names("from"), fields(relation).names("to")
		if column != "" {
			from = []string{column}
		}
		key := schema.ForeignKey{}
		for i, target := range to {
			name, reference, ok := strings.Cut(target, ".")
			if !ok || strings.Contains(target, "/") || i > 0 && name != key.Table {
				key.Table = ""
				break
			}
			key.Table, key.References = name, append(key.References, reference)
		}
		for _, name := range from {
			key.Columns = append(key.Columns, name[strings.LastIndexByte(name, '.')+1:])
		}
		if key.Table == "" || len(key.Columns) != len(key.References) {
			r.lose(column, "a relationship that is not TABLE.COLUMN")
			continue
		}
		r.contract.ForeignKeys = append(r.contract.ForeignKeys, key)
	}
}

// eachQuality reads checks of quality, and lists those that understand does not.
func (r *reading) eachQuality(where string, element fields, understand func(fields) bool) {
	list, ok := element["quality"].([]any)
	if !ok {
		return
	}
	element.take("quality")
	for _, entry := range list {
		check, _ := entry.(map[string]any)
		if typ, ok := check["type"].(string); ok && typ != "library" || !understand(check) {
			r.lose(where, "quality "+fmt.Sprint(cmp.Or(text(check, "metric"), text(check, "name"), text(check, "type"), "check")))
		}
	}
}

func text(m map[string]any, key string) string {
	text, _ := m[key].(string)
	return text
}

// mustBe is the number that a check asks for by one operator.
func mustBe(check fields, operator string) *source.Number {
	value, ok := check[operator]
	if !ok {
		return nil
	}
	return fields{"n": value}.number("n")
}

func isNone(check fields) bool {
	n := mustBe(check, "mustBe")
	return n != nil && n.Value == 0
}

func columnQuality(c *schema.Column, check fields) bool {
	arguments, _ := check["arguments"].(map[string]any)
	switch metric := text(check, "metric"); {
	case metric == "nullValues" && isNone(check), metric == "missingValues" && isNone(check) && len(arguments) == 0:
		c.Nullable = at(false)
	case metric == "nullValues" && text(check, "unit") == "percent":
		limit := mustBe(check, "mustBeLessOrEqualTo")
		if limit == nil {
			return false
		}
		share, _ := new(big.Rat).Mul(limit.Rat(), big.NewRat(1, 100)).Float64()
		c.MaxNullShare = &source.Number{Text: fmt.Sprint(share), Value: share}
	case metric == "duplicateValues" && isNone(check):
		c.Unique = at(true)
	case metric == "invalidValues" && isNone(check):
		values, hasValues := arguments["validValues"].([]any)
		pattern, hasPattern := arguments["pattern"].(string)
		if _, err := regexp.Compile(pattern); err != nil || !hasValues && !hasPattern || hasPattern && c.Pattern != nil {
			return false
		}
		if hasValues {
			c.Allowed = at(enumOf(values))
		}
		if hasPattern {
			c.Pattern = at(pattern)
		}
	default:
		return false
	}
	return true
}

func (r *reading) tableQuality(check fields) bool {
	rows := &r.contract.Rows
	arguments, _ := check["arguments"].(map[string]any)
	switch text(check, "metric") {
	case "rowCount":
		low, high := mustBe(check, "mustBeGreaterOrEqualTo"), mustBe(check, "mustBeLessOrEqualTo")
		if n := mustBe(check, "mustBeGreaterThan"); n != nil {
			low = &source.Number{Text: fmt.Sprint(int64(n.Value) + 1), Value: n.Value + 1}
		}
		if n := mustBe(check, "mustBeLessThan"); n != nil {
			high = &source.Number{Text: fmt.Sprint(int64(n.Value) - 1), Value: n.Value - 1}
		}
		if between, ok := check["mustBeBetween"].([]any); ok && len(between) == 2 {
			low, high = fields{"n": between[0]}.number("n"), fields{"n": between[1]}.number("n")
		}
		if n := mustBe(check, "mustBe"); n != nil {
			low, high = n, n
		}
		rows.Min, rows.Max = cmp.Or(low, rows.Min), cmp.Or(high, rows.Max)
		return low != nil || high != nil
	case "duplicateValues":
		names := fields(arguments).names("properties")
		if !isNone(check) || len(names) == 0 {
			return false
		}
		r.contract.Unique = append(r.contract.Unique, schema.Unique{Columns: names})
		return true
	}
	return false
}
