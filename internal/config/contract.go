package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config/strict"
	"github.com/assay-ml/assay/internal/source"
)

// contractChecker judges what the values of a decoded contract mean.
type contractChecker struct {
	*strict.Document
	contract *schema.Contract
}

func (k contractChecker) check() {
	k.count(k.contract.Rows.Min, "rows", "min")
	k.count(k.contract.Rows.Max, "rows", "max")
	k.order(k.contract.Rows.Min, k.contract.Rows.Max, "min", "max", "rows")
	first := map[string]int{}
	for i, column := range k.contract.Columns {
		if !k.IsSound("columns", i) {
			continue
		}
		if earlier, ok := first[column.Name]; ok {
			k.Report(fmt.Sprintf("column %q stands twice, first at %s", column.Name, k.Place("columns", earlier, "name")), "join the two", "columns", i, "name")
		}
		first[column.Name] = i
		k.column(column, "columns", i)
	}
	k.primaryKey()
	if len(k.contract.Columns) == 0 && k.contract.PrimaryKey == nil && k.contract.Rows == (schema.Rows{}) && len(k.Problems()) == 0 {
		k.Report("the contract promises nothing", "add columns, rows or primary-key")
	}
}

func (k contractChecker) primaryKey() {
	if k.contract.PrimaryKey == nil || !k.IsSound("primary-key") || !k.IsSound("columns") {
		return
	}
	names := k.contract.PrimaryKey.Value
	checker{Document: k.Document}.columns(names, "primary-key")
	if len(names) == 0 {
		k.Report("primary-key names no column", "name the columns that together identify a row", "primary-key")
	}
	var known []string
	for _, column := range k.contract.Columns {
		known = append(known, column.Name)
	}
	for i, name := range names {
		if k.contract.OtherColumns.Get(true) || slices.Contains(known, name) || name == "" {
			continue
		}
		hint := "add it to columns"
		if near := strict.Closest(name, known); near != "" {
			hint = "did you mean " + near + "? else " + hint
		}
		k.Report(fmt.Sprintf("primary-key names column %q, which columns does not", name), hint, "primary-key", i)
	}
}

func (k contractChecker) column(c schema.Column, path ...any) {
	at := func(key string) []any { return append(slices.Clone(path), key) }
	k.order(c.Min, c.Max, "min", "max", path...)
	k.order(c.MinLength, c.MaxLength, "min-length", "max-length", path...)
	k.count(c.MinLength, at("min-length")...)
	k.count(c.MaxLength, at("max-length")...)
	if n := c.MaxNullShare; n != nil && !(0 <= n.Value && n.Value <= 1) {
		k.Report("max-null-share cannot be "+n.Text, "allowed: 0 to 1; 5% is 0.05", at("max-null-share")...)
	}
	if !c.Nullable.Get(true) && c.MaxNullShare != nil && c.MaxNullShare.Value > 0 {
		k.Report("nullable: false allows no null, max-null-share does", "keep one of the two", at("max-null-share")...)
	}
	if c.Pattern != nil {
		if _, err := regexp.Compile(c.Pattern.Value); err != nil {
			k.Report(fmt.Sprintf("pattern is no regular expression: %v", err), "RE2 syntax: no look-around and no back references", at("pattern")...)
		}
	}
	if c.Allowed != nil && len(c.Allowed.Value) == 0 {
		k.Report("allowed is empty: no value can pass", "list the values", at("allowed")...)
	}
	k.fitsType(c, at)
}

// fitsType reports rules that have no meaning for the declared type.
func (k contractChecker) fitsType(c schema.Column, at func(string) []any) {
	if c.Type == nil {
		return
	}
	isNumber := c.Type.Value == schema.Integer || c.Type.Value == schema.Number
	isString := c.Type.Value == schema.String
	for _, rule := range []struct {
		key        string
		present    bool
		fits       bool
		applicable string
	}{
		{"min", c.Min != nil, isNumber, "numbers"}, {"max", c.Max != nil, isNumber, "numbers"},
		{"min-length", c.MinLength != nil, isString, "strings"}, {"max-length", c.MaxLength != nil, isString, "strings"},
		{"pattern", c.Pattern != nil, isString, "strings"},
	} {
		if rule.present && !rule.fits {
			k.Report(fmt.Sprintf("%s is for %s, and the column is declared %s", rule.key, rule.applicable, c.Type.Value),
				"remove it, or change the type", at(rule.key)...)
		}
	}
}

// count judges a number of things.
func (k contractChecker) count(n *source.Number, path ...any) {
	if n != nil && !(n.Value >= 0 && n.Value == math.Trunc(n.Value)) {
		k.Report(fmt.Sprintf("%v cannot be %s", path[len(path)-1], n.Text), "write a whole number, 0 or more", path...)
	}
}

func (k contractChecker) order(low, high *source.Number, lowKey, highKey string, path ...any) {
	if low != nil && high != nil && !(low.Value <= high.Value) {
		k.Report(fmt.Sprintf("%s is above %s: no value can pass", lowKey, highKey), "raise the one or lower the other", append(slices.Clone(path), highKey)...)
	}
}
