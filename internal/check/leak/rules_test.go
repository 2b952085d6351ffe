package leak

import (
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
