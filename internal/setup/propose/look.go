// Package propose looks at a repository and drafts what Assay needs there: a config, contracts and workflows, which are green as they
// are. It reads names and texts, runs nothing and writes nothing; a person reads the draft.
package propose

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/setup/workflow"
)

// Look is what a folder of a repository holds. Paths start at that folder.
type Look struct {
	Model     string
	Tables    []Table
	Metrics   string // the metrics file; "" for none
	Values    metric.Set
	Training  *Training
	Setup     string // installs what the training needs; "" where nothing says
	Notes     []string
	Workflows []*workflow.Workflow // of the whole repository
}

// Table is a data file and the name that it gets.
type Table struct{ Name, Path string }

// maxTables bounds how many tables a draft declares: more than a person reads in one go.
const maxTables = 5

// maxText bounds a file that is looked into.
const maxText = 1 << 20

// looker looks at some files of a file system.
type looker struct {
	files fs.FS
	names []string
}

// At looks at those files of a folder that are, or will be, committed: what is not is not there on a fresh clone. Model is
// the name where no file says a better one.
func At(files fs.FS, names []string, model string) Look {
	l := looker{files, slices.DeleteFunc(slices.Sorted(slices.Values(names)), func(name string) bool {
		return isAside(name) || !utf8.ValidString(name) || strings.ContainsRune(name, 0) // no config can name it
	})}
	var look Look
	look.Metrics, look.Values = l.metrics()
	look.Tables, look.Notes = l.tables(look.Metrics)
	look.Setup = l.setup()
	training, notes := l.training(look.Metrics)
	look.Training, look.Notes = training, append(look.Notes, notes...)
	look.Model = modelName(cmp.Or(l.project(), model))
	return look
}

// maxModel is how long a model's name may be; config refuses longer ones.
const maxModel = 100 // characters

// modelName is a name in one line, of bounded length.
func modelName(name string) string {
	characters := []rune(oneLine(name))
	return cmp.Or(string(characters[:min(len(characters), maxModel)]), "model")
}

// aside are folders whose files are no part of the model.
var aside = []string{"node_modules", "venv", "site-packages", "__pycache__", "tests", "testdata", "docs", "doc", "examples"}

func isAside(name string) bool {
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		if slices.Contains(aside, part) || len(part) > 1 && strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}

// has reports whether a file is among those looked at.
func (l looker) has(name string) bool { return slices.Contains(l.names, path.Clean(name)) }

// read is the text of a file, nil where it cannot be had, is none or is long.
func (l looker) read(name string) []byte {
	info, err := fs.Stat(l.files, name)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := l.files.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxText+1))
	if err != nil || len(data) > maxText || bytes.IndexByte(data, 0) >= 0 {
		return nil
	}
	return data
}

// metricsNames are what metrics files are called, the likeliest first.
var metricsNames = []string{"metrics", "metric", "scores", "eval", "evaluation", "results"}

// metrics is the likeliest file of metrics: by its name, then the one least deep.
func (l looker) metrics() (string, metric.Set) {
	for _, stem := range metricsNames {
		for _, name := range l.byDepth() {
			ext := path.Ext(name)
			if strings.TrimSuffix(path.Base(name), ext) != stem || !slices.Contains([]string{".json", ".yaml", ".yml", ".toml", ".csv"}, ext) {
				continue
			}
			set, err := metric.Parse(name, l.read(name))
			if err == nil && len(set.Values) > 0 && len(set.NotFinite()) == 0 {
				return name, set
			}
		}
	}
	return "", metric.Set{}
}

// byDepth are the names, those near the root first.
func (l looker) byDepth() []string {
	names := slices.Clone(l.names)
	slices.SortStableFunc(names, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
	return names
}

// parts are the words by which a file tells its part; the first that fits names the table.
var parts = []string{"train", "test", "reference", "current"}

// tables are the data files: those that tell their part by their name, then the others, up to a number.
func (l looker) tables(metrics string) (found []Table, notes []string) {
	var named, others []Table
	again := 0
	taken := map[string]bool{}
	for _, name := range l.byDepth() {
		if name == metrics || !isData(name) || l.isEmpty(name) {
			continue
		}
		if bytes.HasPrefix(l.read(name), []byte(largeFile)) {
			notes = append(notes, "left out "+name+": it is a pointer of Git LFS; check out with lfs: true, then name it under data")
			continue
		}
		t := Table{tableName(name), name}
		switch {
		case taken[t.Name]:
			again++
		case slices.Contains(parts, t.Name):
			named = append(named, t)
		default:
			others = append(others, t)
		}
		taken[t.Name] = true
	}
	if again > 0 {
		notes = append(notes, fmt.Sprintf("left out %d data files whose names would be those of other tables", again))
	}
	slices.SortStableFunc(named, func(a, b Table) int { return slices.Index(parts, a.Name) - slices.Index(parts, b.Name) })
	found = append(named, others...)
	if more := len(found) - maxTables; more > 0 {
		notes = append(notes, fmt.Sprintf("left out %d more data files: a first config need not name every table", more))
		found = found[:maxTables]
	}
	return found, notes
}

// largeFile begins the file that stands for a large one (the specification of Git LFS).
const largeFile = "version https://git-lfs.github.com/spec/"

// isData reports a file that the table engine reads under this name. A .json file is more often anything else.
func isData(name string) bool {
	return table.IsData(name) && !strings.Contains(strings.ToLower(path.Base(name))+".", ".json.") && !strings.ContainsAny(name, "*?[$")
}

// isEmpty reports a file without bytes, or one that is none.
func (l looker) isEmpty(name string) bool {
	info, err := fs.Stat(l.files, name)
	return err != nil || !info.Mode().IsRegular() || info.Size() == 0
}

// tableName is train for train.csv, X_train.csv and train/part.csv, and the file's own name without its endings elsewhere.
func tableName(name string) string {
	base, _, _ := strings.Cut(path.Base(name), ".")
	for _, from := range []string{base, path.Base(path.Dir(name))} {
		words := strings.FieldsFunc(strings.ToLower(from), func(r rune) bool { return r == '_' || r == '-' || r == ' ' })
		for _, part := range parts {
			if slices.Contains(words, part) || part == "train" && slices.Contains(words, "training") {
				return part
			}
		}
	}
	return plain(base)
}

// plain is a name of letters, digits and dashes that needs no quotes anywhere.
func plain(name string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_', r == '-':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name)
	if kept = strings.Trim(kept, "-_"); kept == "" || '0' <= kept[0] && kept[0] <= '9' {
		kept = strings.TrimSuffix("table-"+kept, "-")
	}
	return kept
}
