package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

var environ = map[string]string{"DATA_DIR": "/data", "DAY": "2024-01-02", "EMPTY": "", "NESTED": "${DAY}", "HOST": "ghs_abcdefghijklmnopqrstuv", "JWT": "eyJhbGciOiJIUzI1NiIsInR5cCI6"}

func lookup(name string) (string, bool) {
	value, found := environ[name]
	return value, found
}

func TestPathsTakeVariables(t *testing.T) {
	for path, want := range map[string]string{
		"${DATA_DIR}/${DAY}.csv": "/data/2024-01-02.csv", "a.csv": "a.csv", "$DAY.csv": "$DAY.csv", "${NESTED}": "${DAY}", "": "",
	} {
		got, err := config.ExpandPath(path, lookup)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestPathsTakeNoSecrets(t *testing.T) {
	for path, want := range map[string]string{
		"${MISSING}/a.csv": "variable MISSING is not set", "${EMPTY}/a.csv": "variable EMPTY is not set", "${A": "write ${NAME}", "${}": "write ${NAME}", "${a b}": "write ${NAME}",
		"s3://b/${HOST}": "HOST looks like a secret", "s3://b/${JWT}": "JWT looks like a secret",
		"${GITHUB_TOKEN}": "is that of a secret", "${INPUT_X}": "is that of a secret", "${ACTIONS_RUNTIME_URL}": "is that of a secret",
		"${API_KEY}": "is that of a secret", "${AWS_ACCESS_KEY_ID}": "is that of a secret", "${db_password}": "is that of a secret",
	} {
		_, err := config.ExpandPath(path, lookup)
		require.ErrorContains(t, err, want, path)
		require.True(t, source.IsUserError(err))
		for _, value := range environ {
			require.True(t, value == "" || !strings.Contains(err.Error(), value), path)
		}
	}
	_, err := config.ExpandPath("${MONKEY}${KEYBOARD}${DAY}", func(string) (string, bool) { return "x", true })
	require.ErrorContains(t, err, "MONKEY", "better one too many")
}

// What a variable makes of a path is judged like what was written, at its place.
func TestAFilledPathIsJudged(t *testing.T) {
	pos := source.Pos{File: "assay.yaml", Line: 3, Column: 7}
	_, location, err := config.RemoteSpec(table.Spec{Path: "${U}", Pos: pos}, func(string) (string, bool) { return "https://h.example/a.csv?sig=hush", true })
	require.NoError(t, err)
	require.Equal(t, "https://h.example/a.csv", location.String())
	_, _, err = config.RemoteSpec(table.Spec{Path: "${U}", Pos: pos}, func(string) (string, bool) { return "http://h.example/a.csv?sig=hush", true })
	require.ErrorContains(t, err, "assay.yaml:3:7: http:// is for this machine only")
	require.NotContains(t, err.Error(), "hush")
	_, _, err = config.RemoteSpec(table.Spec{Path: "${U}", Pos: pos, SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, func(string) (string, bool) { return "a.csv", true })
	require.ErrorContains(t, err, "assay.yaml:3:7: sha256 is for remote paths")
	spec, location, err := config.RemoteSpec(table.Spec{Path: "${U}/x.csv"}, func(string) (string, bool) { return "data", true })
	require.NoError(t, err)
	require.Nil(t, location)
	require.Equal(t, "data/x.csv", spec.Path)
}

// No path makes the reader of variables panic, and a path without any is left as it is.
func FuzzExpandPath(f *testing.F) {
	for _, seed := range []string{"${A}/b.csv", "${", "$${A}}", "a${B}${C", "${GITHUB_TOKEN}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, err := config.ExpandPath(path, func(string) (string, bool) { return "v", true })
		if err != nil {
			require.True(t, source.IsUserError(err))
			return
		}
		require.NotContains(t, got, "${", path)
	})
}
