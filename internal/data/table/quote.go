package table

import "strings"

// Identifier quotes a name for SQL, whatever it contains. A NUL byte, which no name can hold, is dropped.
func Identifier(name string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(name, "\x00", ""), `"`, `""`) + `"`
}

// Literal quotes a text as an SQL string. A NUL byte ends a statement early in the engine, so it is written as chr(0).
func Literal(s string) string {
	parts := strings.Split(s, "\x00")
	for i, part := range parts {
		parts[i] = "'" + strings.ReplaceAll(part, "'", "''") + "'"
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " || chr(0) || ") + ")"
}
