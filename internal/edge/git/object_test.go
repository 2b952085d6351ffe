package git

import (
	"bufio"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/gittag"
)

// FuzzObjects reads whatever objects hold and git prints of them: tags keep to their bounds, and what was written is read.
func FuzzObjects(f *testing.F) {
	f.Add("object 1\ntype commit\ntag a\ntagger a <b> 5 +0000\n\nmessage\n", "abc tag 4\nx\n\n\nabc blob 2\nhi\n")
	f.Add("tagger <<>> 99999999999999999999 +x\n\n", "abc missing\n")
	f.Add("", "abc tag 99999999\n")
	f.Add("type commit\n", "abc tag -1\nx")
	f.Fuzz(func(t *testing.T, object, printed string) {
		tag := parseTag(object)
		require.LessOrEqual(t, len(tag.Message), maxMessage)
		require.True(t, tag.At.IsZero() || tag.At.Year() <= 9999)
		refs := make([]gittag.Ref, 2)
		_, _ = readObjects(bufio.NewReader(strings.NewReader(printed)), refs)
		if tag.Commit == "" || tag.At.IsZero() || strings.ContainsAny(tag.Name+tag.Email+tag.Commit, "<>\n") {
			return
		}
		require.Equal(t, tag, parseTag(formatTag("refs/tags/a", tag)))
	})
}
