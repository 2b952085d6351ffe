package propose_test

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/setup/propose"
	"github.com/assay-ml/assay/internal/setup/workflow"
)

var update = flag.Bool("update", false, "write the golden files anew")

// repository is a folder of files by name.
type repository map[string]string

func (r repository) look(t *testing.T) propose.Look {
	t.Helper()
	files := fstest.MapFS{}
	var names []string
	for name, text := range r {
		files[name] = &fstest.MapFile{Data: []byte(text)}
		names = append(names, name)
	}
	look := propose.At(files, names, "shop")
	for _, name := range names {
		if workflow.IsWorkflow(name) {
			w, err := workflow.Parse(name, []byte(r[name]))
			require.NoError(t, err)
			look.Workflows = append(look.Workflows, w)
		}
	}
	return look
}

// config is the draft, which must be one that every command reads.
func (r repository) config(t *testing.T, contracts propose.Contracts) string {
	t.Helper()
	text := r.look(t).Config(contracts)
	_, err := config.Parse("assay.yaml", text, func(name string) ([]byte, error) {
		if contract := contracts[trim(name)]; contract != nil {
			return contract, nil
		}
		return nil, fs.ErrNotExist
	})
	require.NoError(t, err, string(text))
	return string(text)
}

func trim(name string) string {
	base := path.Base(name)
	return base[:len(base)-len(path.Ext(base))]
}

func never(string) bool { return false }

// The golden files are what a repository gets; .ci/lint holds them to GitHub's format with actionlint.
func TestWorkflowsAreThese(t *testing.T) {
	look := repository{"metrics.json": `{"auc": 0.8}`}.look(t)
	files, notes := look.Files(propose.Place{DefaultBranch: "main"}, propose.Wish{Forks: true, Schedule: true}, nil, never)
	require.Empty(t, notes)
	var seen []string
	for _, f := range files {
		if !workflow.IsWorkflow(f.Path) {
			continue
		}
		seen = append(seen, f.Path)
		golden := filepath.Join("testdata", filepath.Base(f.Path))
		if *update {
			require.NoError(t, os.WriteFile(golden, f.New, 0o644))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, string(want), string(f.New))
		_, err = workflow.Parse(f.Path, f.New)
		require.NoError(t, err)
	}
	require.Equal(t, []string{propose.WorkflowFile, propose.PublishFile, propose.ScheduleFile}, seen)
}

func TestTablesAreNamedByTheirPart(t *testing.T) {
	look := repository{"data/X_train.csv": "a\n1\n", "data/test/part.parquet": "x", "data/customers-2024.tsv": "a\n", "data/9.csv": "a\n", "current.jsonl.gz": "x",
		"tests/fixture.csv": "a\n", ".cache/seen.csv": "a\n", "empty.csv": "", "odd[1].csv": "a\n", "list.json": "[]", "list.json.gz": "x",
		"bad\xff.csv": "a\n", "large.csv": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"}.look(t)
	require.Equal(t, []propose.Table{{Name: "train", Path: "data/X_train.csv"}, {Name: "test", Path: "data/test/part.parquet"}, {Name: "current", Path: "current.jsonl.gz"},
		{Name: "table-9", Path: "data/9.csv"}, {Name: "customers-2024", Path: "data/customers-2024.tsv"}}, look.Tables)
	require.Equal(t, []string{"left out large.csv: it is a pointer of Git LFS; check out with lfs: true, then name it under data"}, look.Notes)
}

func TestWhatIsLeftOutIsSaid(t *testing.T) {
	look := repository{"a/train.csv": "a\n", "b/train.csv": "a\n", "1.csv": "a\n", "2.csv": "a\n", "3.csv": "a\n", "4.csv": "a\n", "5.csv": "a\n"}.look(t)
	require.Len(t, look.Tables, 5)
	require.Equal(t, []string{"left out 1 data files whose names would be those of other tables", "left out 1 more data files: a first config need not name every table"}, look.Notes)
}

func TestTrainingIsFound(t *testing.T) {
	for _, c := range []struct {
		name           string
		files          repository
		command, doubt string // "": none
		setup          string
	}{
		{"a script that writes the metrics", repository{"src/train.py": "open('metrics.json', 'w')", "metrics.json": `{"auc": 1}`}, "python3 src/train.py", "", ""},
		{"a script that knows Assay", repository{"train.py": "os.environ['ASSAY_METRICS']"}, "python3 train.py", "", ""},
		{"a script that says nothing", repository{"train.py": "pass", "metrics.json": `{"auc": 1}`}, "python3 train.py", "nothing says that it writes its metrics to a file", ""},
		{"main.py may be anything", repository{"main.py": "pass", "metrics.json": `{"auc": 1}`}, "", "", ""},
		{"a name that a shell reads", repository{"a;b/train.py": "ASSAY_METRICS"}, "", "", ""},
		{"a stage", repository{"dvc.yaml": "stages: {fit: {cmd: make fit, deps: [data, fit.py], metrics: [{m.json: {cache: false}}]}}", "metrics.json": "{}", "fit.py": "", "data/a.csv": "a\n",
			"eval/metrics.json": "{}"}, "", "", ""},
		{"the stage that writes the metrics", repository{"dvc.yaml": "stages: {fit: {cmd: make fit, deps: [data, ./fit.py], metrics: [{metrics.json: {cache: false}}]}}", "metrics.json": `{"auc": 1}`, "fit.py": "", "data/a.csv": "a\n"}, "make fit", "", ""},
		{"a stage that needs more", repository{"dvc.yaml": "stages: {train: {cmd: make fit, deps: [big.csv]}}"}, "make fit", "it needs big.csv, which is not committed", ""},
		{"a stage with variables", repository{"dvc.yaml": "stages: {train: {cmd: 'fit ${rate}'}}"}, "fit ${rate}", "it holds variables of the pipeline: write their values", ""},
		{"a stage elsewhere", repository{"dvc.yaml": "stages: {train: {cmd: fit, wdir: src}}"}, "fit", "it runs in the folder src", ""},
		{"a stage of two commands", repository{"dvc.yaml": "stages: {train: {cmd: [a, b]}}"}, "a && b", "", ""},
		{"a stage of two lines", repository{"dvc.yaml": "stages: {train: {cmd: \"a\\nb\"}}"}, "a\nb", "it is no command of one line", ""},
		{"a stage of nothing", repository{"dvc.yaml": "stages: {train: {}}"}, "", "it is no command of one line", ""},
		{"a script beside a pipeline of others", repository{"dvc.yaml": "stages: {clean: {cmd: a}}", "train.py": "ASSAY_METRICS"}, "python3 train.py", "", ""},
		{"no pipeline at all", repository{"dvc.yaml": "stages: 7"}, "", "", ""},
		{"requirements", repository{"train.py": "ASSAY_METRICS", "requirements.txt": "a", "pyproject.toml": "[project]\ndependencies = ['b']"}, "python3 train.py", "", "uv pip install -r requirements.txt"},
		{"a project's dependencies", repository{"train.py": "ASSAY_METRICS", "pyproject.toml": "[project]\ndependencies = ['b']"}, "python3 train.py", "", "uv pip install -r pyproject.toml"},
		{"a project without", repository{"train.py": "ASSAY_METRICS", "pyproject.toml": "[tool.ruff]"}, "python3 train.py", "", ""},
		{"a project that cannot be read", repository{"train.py": "ASSAY_METRICS", "pyproject.toml": "]"}, "python3 train.py", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			look := c.files.look(t)
			require.Equal(t, c.setup, look.Setup)
			if look.Training == nil {
				require.Empty(t, c.command+c.doubt)
				return
			}
			require.Equal(t, c.command, look.Training.Command)
			require.Equal(t, c.doubt, look.Training.Doubt)
		})
	}
}

// The limits leave the metrics where they are: what is green now is green in the draft.
func TestGatesFollowTheDirectionOfAMetric(t *testing.T) {
	text := repository{"metrics.json": `{"auc": 0.87, "loss": 250.4, "epochs": 7, "train": {"accuracy": 0.99}, "mae": 0, "huge_loss": 1e300}`}.config(t, nil)
	require.Contains(t, text, `gates:
  - {metric: auc, max-drop: 0.02}  # 0.87 now
  - {metric: huge_loss, max-rise: 5e+298}`)
	require.Contains(t, text, `
  - {metric: loss, max-rise: 13}  # 250.4 now
  - {metric: mae, max-rise: 0.02}  # 0 now
  - {metric: train.accuracy, max-drop: 0.02}  # 0.99 now
`)
	require.NotContains(t, text, "epochs")
}

func TestMetricsThatAreNoNumbersAreNoMetrics(t *testing.T) {
	for _, text := range []string{`{"auc": NaN}`, `{"auc": "high"}`, `[]`, ``, "\x00"} {
		require.True(t, repository{"metrics.json": text}.look(t).IsEmpty(), text)
	}
}

func TestTodaysTableIsComparedAndBlocksNothing(t *testing.T) {
	text := repository{"train.csv": "a\n1\n", "current.csv": "a\n1\n", "test.csv": "a\n1\n"}.config(t, propose.Contracts{"test": []byte("version: 1\ncolumns: [{name: a}]\n")})
	require.Contains(t, text, "drift: {reference: train, current: current}\nenforce: {drift: false}")
	require.Contains(t, text, "  # - leakage: {train: train, test: test, label: LABEL}")
	require.Contains(t, text, "  - {table: test, contract: contracts/test.yaml}\n")
}

// Names come from the repository: none of them may end its line or its quotes.
func TestHostileNamesStayNames(t *testing.T) {
	for _, name := range []string{"a\nb", `a"b`, "a: b", "a #b", "true", "1", "- a", "{a}", "\u202ea", "a\\"} {
		look := repository{name + "/train.csv": "a\n1\n", "metrics.json": `{"auc": 0.5}`, "train.csv.py": ""}.look(t)
		look.Model = name
		look.Training = &propose.Training{Command: "python3 train.py", From: name, Doubt: name}
		c, err := config.Parse("assay.yaml", look.Config(nil), nil)
		if name != "a\nb" { // a model's name is one line: config says so
			require.NoError(t, err, name)
			require.Equal(t, name, c.Model)
			require.Equal(t, name+"/train.csv", c.Data["train"].Path)
			require.Nil(t, c.Train)
		}
	}
}

func TestAModelHasANameOfOneLine(t *testing.T) {
	for _, c := range []struct{ folder, project, want string }{{"shop", "", "shop"}, {"shop", "My_Project", "my_project"}, {"a\nb", "", "a\uFFFDb"}, {"", "", "model"},
		{strings.Repeat("é", 150), "", strings.Repeat("é", 100)}, {"x", strings.Repeat("y", 150), strings.Repeat("y", 100)}} {
		files := fstest.MapFS{"pyproject.toml": {Data: []byte("[project]\nname = \"" + c.project + "\"\n")}}
		require.Equal(t, c.want, propose.At(files, []string{"pyproject.toml"}, c.folder).Model)
	}
}

func TestNothingThatIsThereIsAmongTheFiles(t *testing.T) {
	look := repository{"train.csv": "a\n1\n", "metrics.json": `{"auc": 0.5}`,
		".github/workflows/ml.yml": "name: ML\non: pull_request\njobs: {fit: {runs-on: x, steps: [{uses: assay-ml/assay@v0}]}}"}.look(t)
	contracts := propose.Contracts{"train": []byte("version: 1\n")}
	files, notes := look.Files(propose.Place{Folder: "shop", DefaultBranch: "main"}, propose.Wish{Forks: true}, contracts, func(name string) bool { return name == "shop/assay.yaml" })
	require.Len(t, files, 1)
	require.Equal(t, propose.PublishFile, files[0].Path)
	require.Contains(t, string(files[0].New), "workflows: [ML]")
	require.Equal(t, []string{"shop/assay.yaml is there already: left alone", ".github/workflows/ml.yml runs Assay already: left alone; assay doctor looks at it"}, notes)

	files, _ = look.Files(propose.Place{DefaultBranch: "main"}, propose.Wish{}, contracts, never)
	require.Equal(t, "contracts/train.yaml", files[0].Path)
}

func TestTheJobHasANameOfItsOwn(t *testing.T) {
	require.Equal(t, "model", repository{}.look(t).JobName())
	one := repository{".github/workflows/a.yml": "on: push\njobs: {x: {name: model, runs-on: x}}"}
	require.Equal(t, "assay-model", one.look(t).JobName())
	one[".github/workflows/b.yml"] = "on: push\njobs: {assay-model: {runs-on: x}}"
	require.Equal(t, "assay-model-shop", one.look(t).JobName())
}

// Whatever the files of a repository hold, the draft is one that every command reads.
func FuzzDraft(f *testing.F) {
	f.Add("stages: {fit: {cmd: make fit, deps: [data], metrics: [metrics.json]}}", "[project]\nname = 'a'\ndependencies = ['b']", `{"auc": 0.5, "x.loss": 3}`, "data/train.csv")
	f.Add("stages: {train: {cmd: [a, \"b\\nc\"], wdir: x}}", "[project]\nname = '1'", `{"a: {#auc": 1e300, "-loss": -0.0}`, "a'b\"c: #.csv")
	f.Add("stages: &a {train: *a}", "", "{}", "\xff.csv")
	f.Add("", "", "", "\x00.csv")
	f.Fuzz(func(t *testing.T, pipeline, project, metrics, table string) {
		look := repository{"dvc.yaml": pipeline, "pyproject.toml": project, "metrics.json": metrics, "d/" + table: "a\n1\n"}.look(t)
		if look.IsEmpty() {
			return
		}
		contracts := propose.Contracts{}
		for _, table := range look.Tables {
			contracts[table.Name] = []byte("version: 1\ncolumns: [{name: a}]\n")
		}
		text := look.Config(contracts)
		if _, err := config.Parse("assay.yaml", text, func(name string) ([]byte, error) { return contracts[trim(name)], nil }); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}
