package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// scenario is one story that the demo can tell: what it changes before the run.
type scenario struct {
	name  string
	about string
	spoil func(*demoFiles)
	story func() []scene // commands that are told in place of one run; nil: one run
}

var scenarios = []scenario{
	{"pass", "all is well", func(*demoFiles) {}, nil},
	{"bad-data", "the training table breaks its contract", spoilData, nil},
	{"leak", "rows of the training table stand in the test table", spoilSplit, nil},
	{"drift", "today's applicants differ from those that the model learned from", spoilCurrent, nil},
	{"worse-model", "a change leaves out the features that matter", spoilModel, nil},
	{"promote", "two versions in a registry: promotions, a refusal, and the way back", releaseFiles, releaseStory},
}

func (a *app) demoCommand() *cobra.Command {
	var name, into string
	var help strings.Builder
	for _, s := range scenarios {
		fmt.Fprintf(&help, "\n  %-12s %s", s.name, s.about)
	}
	c := &cobra.Command{
		Use: "demo", Short: "Run the whole line on bundled data", Args: cobra.NoArgs,
		Long: `Write the bundled German-credit data, an assay.yaml and a contract into a new folder, run every step with the built-in
trainer, and leave report.json, report.html and the pull request comment (comment.md) there.

Scenarios, each with the exit code that a real run would have:` + help.String(),
		Example: "  assay demo\n  assay demo --scenario drift --into /tmp/demo",
		RunE: func(c *cobra.Command, _ []string) error {
			i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
			if i < 0 {
				return source.Errorf("assay demo --help lists them", "there is no scenario %q", name)
			}
			if into == "" {
				into = "assay-demo-" + name
			}
			if err := writeDemo(a.path(into), scenarios[i]); err != nil {
				return err
			}
			fmt.Fprintf(a.env.Err, "wrote %s: assay.yaml, contract.yaml, data/\n", a.path(into))
			if story := scenarios[i].story; story != nil {
				return a.tellStory(c.Context(), a.path(into), story())
			}
			a.global.dir, a.global.config = a.path(into), ""
			return a.execute(c.Context(), invocation{baseMetrics: "base-metrics.json", report: ".", enforce: true, back: writeBackFlags{comment: writeback.Never}}, nil)
		},
	}
	c.Flags().StringVar(&name, "scenario", "pass", "the `story` to tell")
	c.Flags().StringVar(&into, "into", "", "`folder` to make (default assay-demo-SCENARIO)")
	return c
}

// demoMark is the file by which the demo knows a folder that it made.
const demoMark = ".assay-demo"

// demoFiles are the files of a demo before they are written.
type demoFiles struct {
	header               []string
	train, test, current [][]string
	config               string
}

// The sizes of the demo's tables.
const (
	demoTrain = 500
	demoTest  = 200
)

// readDemo splits the bundled table, with an id for each applicant, in an order that is always the same.
func readDemo() (*demoFiles, error) {
	data, err := fs.ReadFile(assay.Files, "testdata/german_credit.csv")
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i] = append([]string{strconv.Itoa(i)}, rows[i]...)
	}
	rows[0][0] = "id"
	header, rows := rows[0], rows[1:]
	random := rand.New(rand.NewPCG(1994, 1000))
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	config, err := fs.ReadFile(assay.Files, "testdata/demo/assay.yaml")
	return &demoFiles{header: header, train: rows[:demoTrain], test: rows[demoTrain : demoTrain+demoTest],
		current: rows[demoTrain+demoTest:], config: string(config)}, err
}

// writeDemo makes the folder. One that is there already is taken only if the demo made it.
func writeDemo(dir string, s scenario) error {
	files, err := readDemo()
	if err != nil {
		return err
	}
	s.spoil(files)
	if err := claim(dir); err != nil {
		return err
	}
	written := map[string][]byte{"assay.yaml": []byte(files.config)}
	for name, rows := range map[string][][]string{"train": files.train, "test": files.test, "current": files.current} {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(append([][]string{files.header}, rows...)); err != nil {
			return err
		}
		written[filepath.Join("data", name+".csv")] = b.Bytes()
	}
	for _, name := range []string{"contract.yaml", "base-metrics.json"} {
		if written[name], err = fs.ReadFile(assay.Files, "testdata/demo/"+name); err != nil {
			return err
		}
	}
	if written[filepath.Join("data", "README.md")], err = fs.ReadFile(assay.Files, "testdata/demo/LICENCE.md"); err != nil {
		return err
	}
	for name, data := range written {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// claim makes the folder, or takes one that the demo made before.
func claim(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		if _, err := os.Stat(filepath.Join(dir, demoMark)); err != nil {
			return source.Errorf("choose another with --into", "%s is there already, and the demo did not make it", dir)
		}
		return os.MkdirAll(filepath.Join(dir, "data"), 0o755)
	}
	if err != nil {
		return source.Errorf("choose another with --into", "%v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, demoMark), []byte("assay demo made this folder and may write into it again\n"), 0o644); err != nil {
		return err
	}
	return os.Mkdir(filepath.Join(dir, "data"), 0o755)
}

// column is the index of a column of the demo's table.
func (d *demoFiles) column(name string) int { return slices.Index(d.header, name) }

// with is a copy of a row with one value changed.
func with(row []string, column int, value string) []string {
	changed := slices.Clone(row)
	changed[column] = value
	return changed
}

func spoilData(d *demoFiles) {
	age, purpose, amount := d.column("age"), d.column("purpose"), d.column("credit_amount")
	d.train = slices.Clone(d.train)
	d.train[10] = with(d.train[10], age, "-1")
	d.train[77] = with(d.train[77], age, "190")
	d.train[78] = with(d.train[78], purpose, "yacht")
	d.train[120] = with(d.train[120], amount, "")
	d.train[333] = with(d.train[333], 0, d.train[332][0])
}

func spoilSplit(d *demoFiles) {
	d.test = append(slices.Clone(d.test[:demoTest-20]), d.train[:20]...)
}

// spoilCurrent makes loans longer, and lets every other owner rent.
func spoilCurrent(d *demoFiles) {
	duration, housing := d.column("duration"), d.column("housing")
	for i, row := range d.current {
		months, err := strconv.Atoi(row[duration])
		if err != nil {
			panic(err) // the bundled data has whole months
		}
		row = with(row, duration, strconv.Itoa(months*3/2))
		if i%2 == 0 && row[housing] == "own" {
			row = with(row, housing, "rent")
		}
		d.current[i] = row
	}
}

func spoilModel(d *demoFiles) {
	d.config = strings.Replace(d.config, "positive: bad}",
		"positive: bad, features: [age, housing, residence_since, num_dependents, own_telephone]}", 1)
}
