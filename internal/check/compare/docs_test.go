package compare

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDocsNameEveryMetricAndKey(t *testing.T) {
	docs, err := os.ReadFile("../../../docs/compare.md")
	require.NoError(t, err)
	for _, m := range metrics {
		name := strings.NewReplacer("-macro", "", "-weighted", "").Replace(m.name)
		require.Regexp(t, "`"+name+"[`@]", string(docs))
	}
	requireKeys(t, string(docs), reflect.TypeFor[Spec]())
	suites, err := os.ReadFile("../../../docs/suites.md")
	require.NoError(t, err)
	requireKeys(t, string(suites), reflect.TypeFor[SuiteSpec]())
}

func requireKeys(t *testing.T, docs string, spec reflect.Type) {
	t.Helper()
	for i := range spec.NumField() {
		if key, _, _ := strings.Cut(spec.Field(i).Tag.Get("yaml"), ","); key != "-" {
			require.Contains(t, docs, "`"+key+"`")
		}
	}
}
