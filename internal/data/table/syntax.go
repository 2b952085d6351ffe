package table

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// SyntaxError says what is wrong with SQL that a user wrote.
type SyntaxError struct{ Reason string }

func (e *SyntaxError) Error() string { return e.Reason }

// Condition is a user's SQL condition on a row, taken apart.
type Condition struct {
	Columns  []string // that it names, each once, in their order; of other tables too where it has a subquery
	HasQuery bool     // it holds a subquery, which no aggregate may
}

// ParseCondition takes a condition apart without running it. It is one expression: what closes our parentheses, adds a
// clause or a second statement is a *SyntaxError, and so are windows, parameters and stars.
func (e *Engine) ParseCondition(ctx context.Context, sql string) (Condition, error) {
	statement, err := e.parse(ctx, "SELECT (\n"+sql+"\n)")
	if err != nil {
		return Condition{}, err
	}
	node, _ := statement["node"].(map[string]any)
	fields, _ := node["select_list"].([]any)
	from, _ := node["from_table"].(map[string]any)
	isBare := node["type"] == "SELECT_NODE" && from["type"] == "EMPTY" && len(fields) == 1
	for _, clause := range []string{"modifiers", "group_expressions", "group_sets", "where_clause", "having", "qualify", "sample"} {
		switch value := node[clause].(type) {
		case nil:
		case []any:
			isBare = isBare && len(value) == 0
		default:
			isBare = false
		}
	}
	if !isBare {
		return Condition{}, &SyntaxError{"it is not one condition"}
	}
	var c Condition
	return c, c.walk(fields[0])
}

// ParseSelect checks that a text is one SELECT without parameters, or a *SyntaxError.
func (e *Engine) ParseSelect(ctx context.Context, sql string) error {
	statement, err := e.parse(ctx, sql)
	if err != nil {
		return err
	}
	if parameters, _ := statement["named_param_map"].([]any); len(parameters) > 0 {
		return &SyntaxError{"it has parameters"}
	}
	return nil
}

// parse gives the engine's own syntax tree of one SELECT.
func (e *Engine) parse(ctx context.Context, sql string) (map[string]any, error) {
	if strings.ContainsRune(sql, 0) {
		return nil, &SyntaxError{"it holds a zero character"}
	}
	result, err := e.Query(ctx, "SELECT CAST(json_serialize_sql("+Literal(sql)+") AS VARCHAR)")
	if err != nil {
		return nil, fmt.Errorf("parse SQL: %w", err)
	}
	var tree struct {
		Error      bool             `json:"error"`
		Message    string           `json:"error_message"`
		Type       string           `json:"error_type"`
		Statements []map[string]any `json:"statements"`
	}
	if err := json.Unmarshal([]byte(result.Rows[0][0].Text), &tree); err != nil {
		return nil, fmt.Errorf("parse SQL: %w", err)
	}
	switch {
	case tree.Error && tree.Type == "not implemented":
		return nil, &SyntaxError{"only one SELECT is allowed"}
	case tree.Error:
		return nil, &SyntaxError{tree.Message}
	case len(tree.Statements) != 1:
		return nil, &SyntaxError{fmt.Sprintf("it is %d statements, one is allowed", len(tree.Statements))}
	}
	return tree.Statements[0], nil
}

// refused are the parts of a tree that have no place in a condition.
var refused = map[string]string{
	"WINDOW":    "a window has no place in a condition on one row; write a query",
	"PARAMETER": "it has parameters",
	"STAR":      "a star has no place in a condition",
}

// walk collects what a condition names.
func (c *Condition) walk(node any) error {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			if err := c.walk(child); err != nil {
				return err
			}
		}
	case map[string]any:
		class, _ := node["class"].(string)
		if reason, ok := refused[class]; ok && !c.HasQuery {
			return &SyntaxError{reason}
		}
		c.HasQuery = c.HasQuery || class == "SUBQUERY"
		if names, ok := node["column_names"].([]any); ok && class == "COLUMN_REF" && len(names) > 0 {
			if name, _ := names[len(names)-1].(string); !slices.Contains(c.Columns, name) {
				c.Columns = append(c.Columns, name)
			}
		}
		for _, key := range keysOf(node) {
			if err := c.walk(node[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func keysOf(node map[string]any) []string {
	keys := make([]string, 0, len(node))
	for key := range node {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
