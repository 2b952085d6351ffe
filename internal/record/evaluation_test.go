package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
)

// kept is the text of a check run that holds a digest.
func kept(t *testing.T, d record.Digest) string {
	t.Helper()
	d.Version = record.DigestVersion
	text, _, err := d.Encode()
	require.NoError(t, err)
	return text
}

// Only a result of that very commit for that very model counts, and of those the newest.
func TestTheEvaluationOfAModel(t *testing.T) {
	asked := record.Subject{Model: "m", Name: "n", Commit: sha, Artifact: "sha256:aa"}
	fits := record.Digest{Model: "m", Name: "n", Commit: sha, Artifact: "sha256:aa", Steps: map[string]record.StepDigest{"gate": {Outcome: finding.Fail, Blocks: true}}}
	change := func(f func(*record.Digest)) string {
		other := fits
		other.Steps = map[string]record.StepDigest{"gate": {Outcome: finding.Pass}}
		f(&other)
		return kept(t, other)
	}
	for name, c := range map[string]struct {
		texts []string
		found bool
	}{
		"the one":          {[]string{kept(t, fits)}, true},
		"the newest":       {[]string{"no digest", kept(t, fits), change(func(*record.Digest) {})}, true},
		"behind others":    {[]string{change(func(d *record.Digest) { d.Artifact = "sha256:bb" }), kept(t, fits)}, true},
		"another model":    {[]string{change(func(d *record.Digest) { d.Model = "other" })}, false},
		"another name":     {[]string{change(func(d *record.Digest) { d.Name = "" })}, false},
		"another commit":   {[]string{change(func(d *record.Digest) { d.Commit = nth(1) })}, false},
		"other bytes":      {[]string{change(func(d *record.Digest) { d.Artifact = "sha256:aa0" })}, false},
		"bytes not stated": {[]string{change(func(d *record.Digest) { d.Artifact = "" })}, false},
		"none":             {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			digest, err := record.Evaluation(t.Context(), branch{{Commit: sha, Texts: c.texts}}, asked)
			require.NoError(t, err)
			require.Equal(t, c.found, digest != nil)
			if c.found {
				require.True(t, digest.Steps["gate"].Blocks, "not an older one that passed")
			}
		})
	}
	_, err := record.Evaluation(t.Context(), branch{}, asked)
	require.ErrorContains(t, err, "read stored results")
	nothing, err := record.Evaluation(t.Context(), branch{}, record.Subject{Commit: sha})
	require.NoError(t, err)
	require.Nil(t, nothing, "a version without a digest was judged by nobody")
}
