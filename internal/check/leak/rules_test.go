package leak

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryRuleCanBeSkipped(t *testing.T) {
	var names []string
	for _, rule := range (search{}).rules() {
		names = append(names, rule.name)
	}
	field, _ := reflect.TypeFor[Spec]().FieldByName("Skip")
	require.Equal(t, names, strings.Split(field.Tag.Get("enum"), ","))
}

func TestTheDocsNameEveryRuleAndKey(t *testing.T) {
	docs, err := os.ReadFile("../../../docs/leakage.md")
	require.NoError(t, err)
	for _, rule := range (search{}).rules() {
		require.Contains(t, string(docs), "`"+rule.name+"`")
	}
	spec := reflect.TypeFor[Spec]()
	for i := range spec.NumField() {
		if key, _, _ := strings.Cut(spec.Field(i).Tag.Get("yaml"), ","); key != "-" {
			require.Regexp(t, "`"+key+"[:`]|"+key+":", string(docs))
		}
	}
}
