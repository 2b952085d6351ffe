package strict_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config/strict"
	"github.com/assay-ml/assay/internal/source"
)

type leaf struct {
	Name string     `yaml:"name" config:"required,scalar"`
	Pos  source.Pos `yaml:"-"`
}

type root struct {
	Model  string             `yaml:"model"`
	Leaves []leaf             `yaml:"leaves"`
	Limit  *source.At[string] `yaml:"limit"`
	Number source.Number      `yaml:"number"`
}

func decode(text string) (root, error) {
	var r root
	err := strict.Decode("f.yaml", []byte(text), &r)
	return r, err
}

func TestValuesKnowTheirPlace(t *testing.T) {
	r, err := decode("model: é\nleaves: [{name: a}, b]\nlimit: x\nnumber: 0.10\n")
	require.NoError(t, err)
	require.Equal(t, source.Pos{File: "f.yaml", Line: 2, Column: 10}, r.Leaves[0].Pos)
	require.Equal(t, leaf{Name: "b", Pos: source.Pos{File: "f.yaml", Line: 2, Column: 21}}, r.Leaves[1])
	require.Equal(t, source.Pos{File: "f.yaml", Line: 3, Column: 8}, r.Limit.Pos)
	require.Equal(t, "0.10", r.Number.Text)
}

func TestWhatIsNotTextIsSaid(t *testing.T) {
	for text, says := range map[string]string{
		"model: a\x00b":                         "control character U+0000",
		"model: a\xffb":                         "byte 0xFF is not UTF-8",
		"\xff\xfem\x00":                         "UTF-16",
		"model: \"a\u202eb\"":                   "control character U+202E",
		strings.Repeat("#", strict.MaxSize+1):   "larger than 1024 KiB",
		"model: " + strings.Repeat("[", 20_000): "f.yaml:1",
	} {
		_, err := decode(text)
		require.ErrorContains(t, err, says)
		require.True(t, source.IsUserError(err))
	}
	r, err := decode("\xef\xbb\xbfmodel: m\r\n")
	require.NoError(t, err, "some editors begin a file so")
	require.Equal(t, "m", r.Model)
}

func TestManyProblemsAreCounted(t *testing.T) {
	var text strings.Builder
	for i := range 80 {
		fmt.Fprintf(&text, "key%d: 1\n", i)
	}
	_, err := decode(text.String())
	require.ErrorContains(t, err, "and 30 more problems")
}

func TestClosest(t *testing.T) {
	known := []string{"at-least", "at-most", "max-drop"}
	for name, want := range map[string]string{"atleast": "at-least", "at_least": "at-least", "AT-MOST": "at-most", "max-dorp": "max-drop", "severity": "", "": "",
		strings.Repeat("at-least", 100): ""} {
		require.Equal(t, want, strict.Closest(name, known), name)
	}
}
