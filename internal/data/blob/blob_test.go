package blob_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/blob/blobtest"
	"github.com/assay-ml/assay/internal/source"
)

func TestFolderKeepsTheContract(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blobtest.Bench {
		dir := t.TempDir()
		folder, err := blob.OpenFolder(dir)
		require.NoError(t, err)
		t.Cleanup(func() { folder.Close() })
		return blobtest.Bench{Store: folder, CanList: true, Put: func(t *testing.T, key string, content []byte) {
			path := filepath.Join(dir, filepath.FromSlash(key))
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, content, 0o644))
		}}
	})
}

func TestFolderKeepsWhatItIsGiven(t *testing.T) {
	blobtest.RunKeeper(t, func(t *testing.T) blob.Keeper {
		folder, err := blob.OpenFolder(t.TempDir())
		require.NoError(t, err)
		t.Cleanup(func() { folder.Close() })
		return blob.Steadily(folder, blob.Location{})
	})
}

func TestAFolderIsNotLeft(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "in"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o644))
	require.NoError(t, os.Symlink("../secret", filepath.Join(dir, "in", "link")))
	folder, err := blob.OpenFolder(filepath.Join(dir, "in"))
	require.NoError(t, err)
	defer folder.Close()
	for _, key := range []string{"../secret", "link"} {
		_, err := folder.Stat(t.Context(), key)
		require.Error(t, err, key)
	}
}

func TestParseReadsPlaces(t *testing.T) {
	for text, want := range map[string]blob.Location{
		"s3://bucket/a/b.csv":             {Scheme: "s3", Host: "bucket", Key: "a/b.csv"},
		"S3://bucket":                     {Scheme: "s3", Host: "bucket"},
		"s3://bucket/a?/*.csv":            {Scheme: "s3", Host: "bucket", Key: "a?/*.csv"},
		"https://Host.example:8443/a.csv": {Scheme: "https", Host: "host.example:8443", Key: "/a.csv"},
		"https://h.example/a.csv?x=1#y":   {Scheme: "https", Host: "h.example", Key: "/a.csv?x=1"},
		"http://127.0.0.1:9/a b.csv":      {Scheme: "http", Host: "127.0.0.1:9", Key: "/a%20b.csv"},
		"http://[::1]/a.csv":              {Scheme: "http", Host: "[::1]", Key: "/a.csv"},
	} {
		got, err := blob.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestParseRefusesWhatItCannotMean(t *testing.T) {
	for text, want := range map[string]string{
		"gs://bucket/a.csv":                              "known: s3://, https://",
		"file:///a.csv":                                  "write the path alone",
		"s3://B_ucket/a.csv":                             "is no bucket",
		"s3:///a.csv":                                    "is no bucket",
		"s3://a..b/a.csv":                                "is no bucket",
		"s3://bucket/[a.csv":                             "close the bracket",
		"s3://bucket/**/x/**":                            "more than once",
		"s3://bucket/" + strings.Repeat("k", 1025):       "more than 1024 bytes",
		"s3://bucket/a\nb":                               "control character",
		"s3://bucket/a\xff":                              "not UTF-8",
		"https://user:pw@h.example/a.csv":                "holds a password",
		"https://h.example/":                             "names no file",
		"https://h.example":                              "names no file",
		"https:///a.csv":                                 "cannot be read",
		"http://h.example/a.csv":                         "write https://",
		"http://127.0.0.1.evil.example/a.csv":            "write https://",
		"http://localhost.evil.example/a.csv":            "write https://",
		"https://h.example/%zz?token=hush":               "cannot be read",
		"https://h.example/" + strings.Repeat("k", 5000): "more than 4096 bytes",
	} {
		_, err := blob.Parse(text)
		require.ErrorContains(t, err, want, text)
		require.True(t, source.IsUserError(err))
		require.NotContains(t, err.Error(), "hush")
		require.NotContains(t, err.Error(), "pw")
	}
}

func TestPatternsMatchKeys(t *testing.T) {
	for _, c := range []struct {
		pattern, key string
		want         bool
	}{
		{"a/*.csv", "a/b.csv", true},
		{"a/*.csv", "a/b/c.csv", false},
		{"a/**/*.csv", "a/c.csv", true},
		{"a/**/*.csv", "a/b/b/c.csv", true},
		{"a/**/*.csv", "b/c.csv", false},
		{"a/**", "a/b/c.csv", true},
		{"**/c.csv", "c.csv", true},
		{"a/[!b].csv", "a/c.csv", true},
		{"a/[!b].csv", "a/b.csv", false},
		{"a/?.csv", "a/é.csv", true},
		{`a/\*.csv`, `a/\x.csv`, true},
		{"year=*/[*].csv", "year=2024/*.csv", true},
	} {
		l, err := blob.Parse("s3://bucket/" + c.pattern)
		require.NoError(t, err)
		require.Equal(t, c.want, l.Match(c.key), "%s on %s", c.pattern, c.key)
		require.True(t, !c.want || strings.HasPrefix(c.key, l.Prefix()))
	}
}

func TestNamesShowNoQuery(t *testing.T) {
	for text, want := range map[string]string{
		"https://h.example/d/a.csv?sig=hush": "a.csv", "s3://bucket/p/*.parquet": "*.parquet", "data/train.csv": "train.csv", "s3://bucket": "bucket",
	} {
		require.Equal(t, want, blob.Title(text))
	}
	l, err := blob.Parse("https://h.example/d/a.csv?sig=hush")
	require.NoError(t, err)
	require.Equal(t, "https://h.example/d/a.csv", l.String())
}

func TestRemotePathsAreTold(t *testing.T) {
	for _, path := range []string{"s3://b", "https://h/a", "gs://b", "x+y-z.1://"} {
		require.True(t, blob.IsRemote(path), path)
	}
	for _, path := range []string{"a.csv", "/a/b", "", "://", `C:\a`, "a b://c", "a/b://c"} {
		require.False(t, blob.IsRemote(path), path)
	}
}

// The check values of "123456789" are those of the catalogue of parametrised CRC algorithms (reveng.sourceforge.io), of RFC 1321's
// and FIPS 180's functions by coreutils 9.1.
func TestSums(t *testing.T) {
	for algorithm, want := range map[string]string{
		"crc32": "cbf43926", "crc32c": "e3069283", "crc64nvme": "ae8b14860a799888",
		"md5": "25f9e794323b453885f5181f1b624d0b", "sha1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		"sha256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
	} {
		h := blob.NewHash(algorithm)
		h.Write([]byte("123456789"))
		require.Equal(t, want, hex.EncodeToString(h.Sum(nil)), algorithm)
	}
	sum, ok := blob.SumFromBase64("crc32", "y/Q5Jg==")
	require.True(t, ok)
	require.Equal(t, blob.Sum{Algorithm: "crc32", Hex: "cbf43926"}, sum)
	for _, text := range []string{"y/Q5Jg==-3", "", "AAAA"} {
		_, ok := blob.SumFromBase64("crc32", text)
		require.False(t, ok, text)
	}
	require.Nil(t, blob.NewHash("xxh3"))
}

// A path never panics, what it names is shown without its query, and what a pattern matches begins with its prefix.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"s3://bucket/a/**/[!x]*.csv", "https://h.example/a.csv?sig=1", "http://[::1]:8/a", "s3://", "x://y", "https://u:p@h/a"} {
		f.Add(seed, "a/b.csv")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		blob.Title(text)
		l, err := blob.Parse(text)
		if err != nil {
			require.True(t, source.IsUserError(err))
			return
		}
		require.True(t, blob.IsRemote(text))
		if l.Scheme != "s3" {
			require.NotContains(t, l.String(), "?")
			again, err := blob.Parse(l.Scheme + "://" + l.Host + l.Key)
			require.NoError(t, err)
			require.Equal(t, l, again)
		}
		if l.IsPattern() && l.Match(key) {
			require.True(t, strings.HasPrefix(key, l.Prefix()))
		}
	})
}
