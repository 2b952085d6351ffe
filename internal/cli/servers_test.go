//go:build servers

package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
	"github.com/assay-ml/assay/internal/edge/s3/s3test"
)

// The whole line against real servers: partitions, formats, the cache, and what a second run asks for.
func TestTablesOnS3(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		dir := t.TempDir()
		t.Setenv("ASSAY_CACHE_DIR", filepath.Join(dir, "cache"))
		t.Setenv("GITHUB_ACTIONS", "")
		run := func(want int, args ...string) (out, err string) {
			t.Helper()
			var stdout, stderr bytes.Buffer
			code := cli.Main(cli.Env{Args: append([]string{"-C", dir}, args...), Environ: os.Environ(), In: strings.NewReader(""), Out: &stdout, Err: &stderr, Width: 150, Now: time.Now})
			require.Equal(t, want, code, "%s%s", stdout.String(), stderr.String())
			return stdout.String(), stderr.String()
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "contract.yaml"), []byte(s3Contract), 0o644))
		server.Put(t, "d/year=2024/a.csv", []byte("id,x\n1,a\n2,b\n"))
		server.Put(t, "d/year=2025/b &+é.csv", []byte("id,x\n3,a\n4,c\n"))
		server.Put(t, "d/year=2025/_SUCCESS", nil)

		out, said := run(1, "validate", "--contract", "contract.yaml", "s3://bucket/d")
		require.Contains(t, out, `row 2 of s3://bucket/d/year=2025/b &+é.csv: "c"`)
		require.Contains(t, out, `row 1 of s3://bucket/d/year=2024/a.csv: "2024"`, "a key=value folder is a column")
		require.Contains(t, said, "2 files, 26 bytes, of which 26 bytes were fetched")
		gets, sent := server.Gets.Load(), server.Bytes.Load()
		require.Equal(t, int64(2), gets)
		require.Equal(t, int64(26), sent)

		_, said = run(1, "validate", "--contract", "contract.yaml", "s3://bucket/d/**/*.csv")
		require.Contains(t, said, "all in the cache")
		require.Equal(t, gets, server.Gets.Load(), "a second run fetches nothing")

		server.Put(t, "d/year=2025/b &+é.csv", []byte("id,x\n3,a\n4,b\n5,b\n"))
		_, said = run(1, "validate", "--contract", "contract.yaml", "s3://bucket/d/")
		require.Contains(t, said, "of which 17 bytes were fetched", "only what changed")

		large := "id\n" + strings.Repeat("1234567\n", 20<<20/8)
		server.Put(t, "large.csv", []byte(large))
		run(0, "contract", "infer", "s3://bucket/large.csv")
		require.Equal(t, gets+1+3, server.Gets.Load(), "20 MiB are three ranges")
		require.Equal(t, sent+17+int64(len(large)), server.Bytes.Load())

		run(0, "drift", "--reference", "s3://bucket/d", "--current", "s3://bucket/d")
		_, said = run(2, "validate", "--contract", "contract.yaml", "s3://bucket/none.csv")
		require.Contains(t, said, "there is no such object, and none below it")
	})
}

const s3Contract = `version: 1
columns:
  - {name: id, type: integer, unique: true}
  - {name: x, type: string, allowed: [a, b]}
  - {name: year, min: 2025}
`
