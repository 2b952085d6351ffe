package table

import (
	"fmt"
	"strings"
)

// Tuple is the SQL of one value made of several expressions. Two tuples are equal where each part is, and a null equals a
// null, so that IN and GROUP BY take them as a key of rows. (A row(…) of one part would be taken for the part itself.)
func Tuple(expressions ...string) string {
	parts := make([]string, len(expressions))
	for i, expression := range expressions {
		parts[i] = fmt.Sprintf("p%d := %s", i, expression)
	}
	return "struct_pack(" + strings.Join(parts, ", ") + ")"
}
