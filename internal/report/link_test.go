package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

func TestOnlyAddressesOfTheWebAreLinks(t *testing.T) {
	for raw, want := range map[string]string{
		"https://github.com/o/r/actions/runs/1": "https://github.com/o/r/actions/runs/1",
		"http://ghe.example:8080/x":             "http://ghe.example:8080/x",
		"https://a.example/b)[c](d":             "https://a.example/b%29%5Bc%5D%28d",
		"https://a.example/x|y`z\"<w>":          "https://a.example/x%7Cy%60z%22%3Cw%3E",
		"https://a.example/日":                   "https://a.example/%E6%97%A5",
		"https://user:secret@a.example/":        "",
		"javascript:alert(1)":                   "",
		"//a.example":                           "",
		"https:":                                "",
		"https://a.example/\nx":                 "",
		"":                                      "",
	} {
		require.Equal(t, want, address(raw), raw)
	}
}

func TestAPermalinkNamesTheLineAtTheHead(t *testing.T) {
	const sha = "0123456789abcdef0123456789abcdef01234567"
	whole := finding.Subject{ServerURL: "https://ghe.example/", Repository: "o/r", HeadSHA: sha}
	require.Equal(t, "https://ghe.example/o/r/blob/"+sha+"/models/a%20b/assay.yaml#L7", permalink(whole, source.Pos{File: "./models/a b/assay.yaml", Line: 7, Column: 3}))
	require.Equal(t, "https://ghe.example/o/r/blob/"+sha+"/a%23%3F%28b.yaml#L1", permalink(whole, source.Pos{File: "a#?(b.yaml", Line: 1}))
	for name, c := range map[string]struct {
		subject finding.Subject
		pos     source.Pos
	}{
		"no line":               {whole, source.Pos{File: "assay.yaml"}},
		"an absolute path":      {whole, source.Pos{File: "/tmp/assay.yaml", Line: 1}},
		"a path that leads out": {whole, source.Pos{File: "../assay.yaml", Line: 1}},
		"no server":             {finding.Subject{Repository: "o/r", HeadSHA: sha}, source.Pos{File: "a", Line: 1}},
		"a repository of three": {finding.Subject{ServerURL: "https://x.example", Repository: "o/r/../evil", HeadSHA: sha}, source.Pos{File: "a", Line: 1}},
		"a branch":              {finding.Subject{ServerURL: "https://x.example", Repository: "o/r", HeadSHA: "main"}, source.Pos{File: "a", Line: 1}},
		"a script":              {finding.Subject{ServerURL: "javascript:x", Repository: "o/r", HeadSHA: sha}, source.Pos{File: "a", Line: 1}},
	} {
		require.Empty(t, permalink(c.subject, c.pos), name)
	}
}

// The runner trims the space before a command, of every kind.
func TestNoLineOfTheLogIsACommand(t *testing.T) {
	for line, want := range map[string]string{"::error::x": `\::error::x`, "   ::x": `   \::x`, "a ::error::x": "a ::error::x", ": x": ": x", "": ""} {
		require.Equal(t, want, logLine(line))
	}
	require.Equal(t, `##\u005berror]x`, visible("##[error]x"))
	require.Equal(t, "#[x] [#", visible("#[x] [#"))
}
