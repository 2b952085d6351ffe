package translate

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

// fromPandera reads a schema of a data frame as pandera writes it (https://pandera.readthedocs.io): checks stand beside the
// type of a column, or under checks as older versions have them.
func fromPandera(path string, data []byte) (schema.Contract, []Loss, error) {
	wrong := func(message string) (schema.Contract, []Loss, error) {
		return schema.Contract{}, nil, source.Problems{{Pos: source.Pos{File: path}, Message: message, Hint: "name a schema that pandera's to_yaml wrote"}}
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil || node.Kind == 0 {
		return wrong(fmt.Sprintf("is no YAML: %v", cmp.Or(err, fmt.Errorf("it is empty"))))
	}
	root, err := plain(&node)
	if err != nil {
		return wrong(err.Error())
	}
	file, ok := root.(map[string]any)
	columns, isMap := file["columns"].(map[string]any)
	if !ok || !isMap || file["schema_type"] != "dataframe" {
		return wrong("is no schema of a data frame")
	}
	r := reading{contract: schema.Contract{Version: 1}}
	for _, name := range keysOf(&node, "columns") {
		column, _ := columns[name].(map[string]any)
		r.contract.Columns = append(r.contract.Columns, schema.Column{})
		r.panderaColumn(len(r.contract.Columns)-1, name, column)
	}
	r.panderaTable(file)
	return r.contract, r.losses, nil
}

// keysOf are the keys of a map in a file, in their order.
func keysOf(node *yaml.Node, key string) []string {
	root := node.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != key {
			continue
		}
		var names []string
		for j := 0; j < len(root.Content[i+1].Content); j += 2 {
			names = append(names, root.Content[i+1].Content[j].Value)
		}
		return names
	}
	return nil
}

// panderaTable reads what a schema says of the whole frame.
func (r *reading) panderaTable(file fields) {
	for _, word := range []string{"schema_type", "version", "api", "columns", "name", "title", "report_duplicates", "backend"} {
		file.take(word)
	}
	r.contract.Description, _ = file.text("description")
	if strict, ok := file["strict"].(bool); ok {
		file.take("strict")
		if strict {
			r.contract.OtherColumns = at(false)
		}
	}
	if ordered, _ := file.take("ordered").(bool); ordered {
		r.contract.ColumnOrder = at(true)
	}
	if names := file.names("unique"); len(names) > 0 {
		r.contract.Unique = append(r.contract.Unique, schema.Unique{Columns: names})
	}
	for _, off := range []string{"coerce", "unique_column_names", "add_missing_columns", "drop_invalid_rows"} {
		if file[off] == false {
			file.take(off)
		}
	}
	r.lose("", file.left("")...)
}

// panderaColumn reads one column. A column has no nulls unless it says so.
func (r *reading) panderaColumn(i int, name string, column fields) {
	c := &r.contract.Columns[i]
	c.Name = name
	c.Description, _ = column.text("description")
	if dtype, ok := column["dtype"].(string); ok {
		if typ, known := typeNames[strings.ToLower(dtype)]; known {
			column.take("dtype")
			c.Type = at(typ)
		}
	}
	if nullable, _ := column.take("nullable").(bool); !nullable {
		c.Nullable = at(false)
	}
	if unique, _ := column.take("unique").(bool); unique {
		c.Unique = at(true)
	}
	if required, said := column.take("required").(bool); said && !required {
		c.Required = at(false)
	}
	for _, off := range []string{"coerce", "regex", "drop_invalid_rows"} {
		if column[off] == false {
			column.take(off)
		}
	}
	if checks, ok := column["checks"].(map[string]any); ok {
		column.take("checks")
		maps.Copy(column, checks)
	}
	for _, check := range slices.Sorted(maps.Keys(column)) {
		value := column[check]
		if form, ok := value.(map[string]any); ok && form["options"] != nil {
			value = form["value"] // the options are how pandera reports
		}
		if value == nil || r.panderaCheck(c, check, value) {
			column.take(check)
		}
	}
	r.lose(name, column.left("")...)
}

// compared are pandera's comparisons as SQL writes them.
var compared = map[string]string{"greater_than": ">", "less_than": "<", "greater_than_or_equal_to": ">=", "less_than_or_equal_to": "<=", "equal_to": "=", "not_equal_to": "<>"}

// panderaCheck reads one check, and reports whether it was understood.
func (r *reading) panderaCheck(c *schema.Column, check string, value any) bool {
	sql := table.Identifier(c.Name)
	rule := func(condition string) bool {
		r.contract.Rules = append(r.contract.Rules, schema.SQLRule{Condition: schema.Condition{Rule: at(condition)}})
		return true
	}
	number := fields{"n": value}.number("n")
	switch check {
	case "greater_than_or_equal_to", "less_than_or_equal_to", "greater_than", "less_than", "equal_to", "not_equal_to":
		switch {
		case check == "greater_than_or_equal_to" && number != nil && c.Min == nil:
			c.Min = number
		case check == "less_than_or_equal_to" && number != nil && c.Max == nil:
			c.Max = number
		default:
			return rule(sql + " " + compared[check] + " " + literal(value))
		}
		return true
	case "in_range":
		return r.panderaRange(c, value, rule)
	case "isin", "notin":
		return panderaSet(c, check, value, rule)
	case "str_matches", "str_contains":
		return panderaPattern(c, check, value, rule)
	case "str_startswith", "str_endswith":
		text, ok := value.(string)
		return ok && rule(map[string]string{"str_startswith": "starts_with(", "str_endswith": "ends_with("}[check]+sql+", "+table.Literal(text)+")")
	case "str_length":
		form, ok := value.(map[string]any)
		low, high := fields(form).number("min_value"), fields(form).number("max_value")
		if exact := fields(form).number("exact_value"); exact != nil {
			low, high = exact, exact
		}
		c.MinLength, c.MaxLength = low, high
		return ok && (low != nil || high != nil)
	}
	return false
}

func (r *reading) panderaRange(c *schema.Column, value any, rule func(string) bool) bool {
	form, ok := value.(map[string]any)
	low, high := form["min_value"], form["max_value"]
	if !ok || low == nil || high == nil {
		return false
	}
	lowNumber, highNumber := fields{"n": low}.number("n"), fields{"n": high}.number("n")
	openLow, openHigh := form["include_min"] == false, form["include_max"] == false
	if lowNumber != nil && highNumber != nil && !openLow && !openHigh && c.Min == nil && c.Max == nil {
		c.Min, c.Max = lowNumber, highNumber
		return true
	}
	operators := map[bool][2]string{true: {" > ", " < "}, false: {" >= ", " <= "}}
	sql := table.Identifier(c.Name)
	return rule(sql + operators[openLow][0] + literal(low) + " AND " + sql + operators[openHigh][1] + literal(high))
}

func panderaSet(c *schema.Column, check string, value any, rule func(string) bool) bool {
	values, ok := value.([]any)
	if form, isForm := value.(map[string]any); isForm {
		values, ok = form["allowed_values"].([]any)
	}
	texts, literals := make([]string, len(values)), make([]string, len(values))
	for i, v := range values {
		texts[i], literals[i] = fmt.Sprint(v), literal(v)
	}
	switch {
	case !ok || len(values) == 0 || slices.Contains(values, nil):
		return false
	case check == "isin" && c.Allowed == nil:
		c.Allowed = at(texts)
		return true
	}
	operator := map[bool]string{true: " IN (", false: " NOT IN ("}[check == "isin"]
	return rule(table.Identifier(c.Name) + operator + strings.Join(literals, ", ") + ")")
}

// panderaPattern: pandera matches from the start of the text, or looks anywhere in it; a contract's pattern matches all of it.
func panderaPattern(c *schema.Column, check string, value any, rule func(string) bool) bool {
	pattern, ok := value.(string)
	if _, err := regexp.Compile(pattern); !ok || err != nil {
		return false
	}
	if check == "str_matches" {
		pattern = "^(?:" + pattern + ")"
	}
	return rule("regexp_matches(" + table.Identifier(c.Name) + ", " + table.Literal(pattern) + ")")
}
