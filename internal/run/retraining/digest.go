package retraining

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/retrain/trigger"
)

// digestOf names the bytes of a table: the SHA-256 of its one file, or of the list of its files' names and SHA-256.
func digestOf(t *table.Table) (string, error) {
	digests := map[string]string{}
	names := t.Files()
	for _, name := range names {
		path := name
		if fetched := t.Spec().Fetched; fetched != nil && fetched.Local[name] != "" {
			path = fetched.Local[name]
		}
		sum, err := digestFile(path)
		if err != nil {
			return "", err
		}
		digests[name] = sum
	}
	if len(names) == 1 {
		return "sha256:" + digests[names[0]], nil
	}
	return "sha256:" + trigger.DigestOf(relative(digests)), nil
}

// relative names files from the folder that they share, so that a digest does not depend on where a checkout lies.
func relative(digests map[string]string) map[string]string {
	names := slices.Sorted(maps.Keys(digests))
	shared := filepath.ToSlash(filepath.Dir(names[0])) + "/"
	for _, name := range names {
		for !strings.HasPrefix(filepath.ToSlash(name), shared) {
			shared = shared[:strings.LastIndexByte(strings.TrimSuffix(shared, "/"), '/')+1]
		}
	}
	short := map[string]string{}
	for name, sum := range digests {
		short[strings.TrimPrefix(filepath.ToSlash(name), shared)] = sum
	}
	return short
}

// digestFile is the SHA-256 of a file's bytes, in hexadecimal.
func digestFile(path string) (string, error) {
	in, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, in); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
