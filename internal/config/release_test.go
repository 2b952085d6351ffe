package config_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/config/strict"
	"github.com/assay-ml/assay/internal/release/policy"
)

// The page about promotions shows a policy that is right, and names every key of a stage.
func TestThePageAboutPromotions(t *testing.T) {
	data, err := os.ReadFile("../../docs/promotion.md")
	require.NoError(t, err)
	page := string(data)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(page)
	require.NotNil(t, example)
	c, err := config.Parse("assay.yaml", []byte("version: 1\nmodel: m\ngates: [{metric: auc, at-least: 0.5}]\n"+example[1]), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"staging", "production"}, c.Release.Order())
	for _, part := range []reflect.Type{reflect.TypeFor[policy.Spec](), reflect.TypeFor[policy.Stage](), reflect.TypeFor[policy.Approvals](), reflect.TypeFor[policy.Freeze](), reflect.TypeFor[policy.Dispatch]()} {
		for _, field := range strict.ShapeOf(part).Fields {
			require.True(t, strings.Contains(page, field.Key), "%s of %s", field.Key, part)
		}
	}
	for _, place := range policy.Places() {
		require.Contains(t, page, "{"+place+"}")
	}
}
