package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/assay-ml/assay/internal/"

// floors are the rooms of the house from the ground up: a room may import the rooms below it. Rooms of one floor do not
// know each other.
var floors = [][]string{
	{"source", "planted"},
	{"stat", "shingle"},
	{"stat/sketch"},
	{"learn"},
	{"finding"},
	{"data/blob"},
	{"data/blob/blobtest"},
	{"data/table", "data/metric", "data/fetch", "data/snapshot"},
	{"data/profile", "data/prediction", "data/suite"},
	{"check/drift/evidently"},
	{"check/schema", "check/leak", "check/drift", "check/gate", "check/shape", "check/compare"},
	{"check/audit", "check/infer", "check/evolve", "check/translate"},
	{"train/process"},
	{"train/smoke", "train/baseline", "train/attach", "train/confusion", "train/artifact"},
	{"train/custom", "train/aa"},
	{"record"},
	{"release/registry"},
	{"release/registry/registrytest", "release/gittag", "release/policy", "release/ledger"},
	{"release/mirror", "release/promote"},
	{"retrain/decay"},
	{"retrain/trigger", "retrain/handoff"},
	{"retrain/work"},
	{"config/strict"},
	{"config"},
	{"config/union"},
	{"setup/change", "setup/workflow"},
	{"setup/propose", "setup/diagnose"},
	{"report"},
	{"edge/outbound"},
	{"edge/actions", "edge/git", "edge/github", "edge/s3", "edge/https", "edge/artifact", "edge/mlflow", "edge/sagemaker"},
	{"edge/servertest"},
	{"edge/github/githubtest", "edge/s3/s3test", "edge/artifact/artifacttest", "edge/mlflow/mlflowtest"},
	{"run"},
	{"run/writeback"},
	{"run/offload"},
	{"run/publish", "run/gather", "run/retraining"},
	{"cli"},
}

// edgeMayImport: an edge imports only the domain that its interface speaks of, and the one way out that those to data share.
var edgeMayImport = []string{"source", "data/blob", "release/registry", "release/gittag", "release/ledger", "release/mirror", "edge/outbound", "edge/servertest"}

func TestImportsPointOneWay(t *testing.T) {
	floor := map[string]int{}
	for i, rooms := range floors {
		for _, room := range rooms {
			floor[room] = i
		}
	}
	for room, imports := range importsOf(t) {
		if strings.HasPrefix(room, "e2e") {
			continue // the tests of the whole may look everywhere
		}
		require.Contains(t, floor, room, "package internal/%s stands on no floor: give it one in this test", room)
		for _, lower := range imports {
			require.Contains(t, floor, lower)
			require.Less(t, floor[lower], floor[room], "%s imports %s: a lower room may not reach up, nor to its side", room, lower)
			if strings.HasPrefix(room, "edge/") && !strings.HasPrefix(lower, room[:strings.LastIndexByte(room, '/')]) {
				require.Contains(t, edgeMayImport, lower, "%s imports %s: an edge knows no step, config or report", room, lower)
			}
			if room == "report" {
				require.Contains(t, []string{"finding", "source"}, lower, "report imports %s: a renderer knows no step", lower)
			}
			if strings.HasPrefix(room, "check/") || strings.HasPrefix(room, "train/") {
				require.NotContains(t, []string{"config", "report"}, lower)
			}
		}
	}
}

// importsOf lists, for each package below internal, the packages below internal that its own files import. Tests are left
// out: they may use what they like.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(path))
		all[room] = append(all[room], []string{}...)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if lower, ok := strings.CutPrefix(imported, module); ok {
				all[room] = append(all[room], lower)
			}
		}
		return nil
	})
	require.NoError(t, err)
	return all
}
