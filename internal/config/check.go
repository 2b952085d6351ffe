package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/config/strict"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/attach"
)

// checker judges what the values of a decoded config mean. It judges only what decoded soundly, so that one mistake is
// one problem.
type checker struct {
	*strict.Document
	c *Config
}

func (k checker) config() {
	k.s3()
	k.name(k.c.Model, "model")
	k.name(k.c.Name, "name")
	k.data()
	k.metrics()
	for i, check := range k.c.Validate {
		k.validate(i, check)
	}
	k.train()
	for i, spec := range k.c.Gates {
		if k.IsSound("gates", i) {
			k.gate(spec, "gates", i)
		}
	}
	if d := k.c.Drift; d != nil && k.IsSound("drift") {
		k.drift(*d)
	}
	if spec := k.c.Compare; spec != nil && k.IsSound("compare") {
		k.compare(*spec)
	}
	k.steps()
	if spec := k.c.Release; spec != nil && k.IsSound("release") {
		k.release(*spec)
	}
	if spec := k.c.Handoff; spec != nil && k.IsSound("handoff") {
		k.handoff(*spec)
	}
	k.report()
	k.registry()
	if spec := k.c.Retrain; spec != nil && k.IsSound("retrain") {
		k.retrain(*spec)
	}
	if len(k.c.Validate) == 0 && k.c.Train == nil && len(k.c.Gates)+len(k.c.Steps) == 0 && k.c.Compare == nil && k.c.Drift == nil && k.c.Retrain == nil && len(k.Problems()) == 0 {
		k.Report("the config asks for no step", "add validate, train, gates, steps, compare, drift or retrain")
	}
}

// steps judges the user's own checks.
func (k checker) steps() {
	first := map[string]bool{}
	for i, spec := range k.c.Steps {
		if !k.IsSound("steps", i) {
			continue
		}
		if first[spec.Name] {
			k.Report(fmt.Sprintf("step %q stands twice", spec.Name), "give each its own name", "steps", i, "name")
		}
		first[spec.Name] = true
		k.timeout(spec.Timeout, "steps", i, "timeout")
	}
}

// report judges the user's own part of the report.
func (k checker) report() {
	r := k.c.Report
	if r == nil || !k.IsSound("report") {
		return
	}
	if len(r.Attach) > attach.MaxFiles {
		k.Report(fmt.Sprintf("more than %d files are attached", attach.MaxFiles), "join some of them", "report", "attach")
	}
	for i, name := range r.Attach {
		if k.isInside(name, "report", "attach", i) && !slices.Contains(attach.Extensions(), strings.ToLower(filepath.Ext(name))) {
			k.Report(fmt.Sprintf("cannot tell how to show %q", name), "known endings: "+strings.Join(attach.Extensions(), ", "), "report", "attach", i)
		}
	}
	if r.Predictions != nil {
		k.isInside(r.Predictions.Path, "report", "predictions", "path")
	}
}

// timeout reports a time of nothing that somebody wrote.
func (k checker) timeout(limit time.Duration, path ...any) {
	if limit < 0 || limit == 0 && k.Place(path...) != k.Place(path[:len(path)-1]...) {
		k.Report("timeout must be longer than nothing", "write it like 90s, 10m or 1h30m", path...)
	}
}

// maxName bounds the names that stand in a comment's first line and in the name of a check run.
const maxName = 100

func (k checker) name(value, key string) {
	if fault, hint := nameFault(value); fault != "" && k.IsSound(key) {
		k.Report(key+" "+fault, hint, key)
	}
}

// nameFault is what is wrong with a name, and what to do; "" for nothing.
func nameFault(value string) (fault, hint string) {
	switch {
	case utf8.RuneCountInString(value) > maxName:
		return fmt.Sprintf("has more than %d characters", maxName), "choose a shorter one"
	case strings.ContainsFunc(value, unicode.IsControl):
		return "holds a line break or another control character", "write it in one line"
	}
	return "", ""
}

func (k checker) data() {
	for name, spec := range k.c.Data {
		if !k.IsSound("data", name) {
			continue
		}
		for _, problem := range slices.Concat(spec.Problems(), remoteProblems(spec)) {
			k.Report(problem.Message, problem.Hint, "data", name)
		}
		k.columns(spec.Key, "data", name, "key")
	}
}

// columns judges a list of column names.
func (k checker) columns(names []string, path ...any) {
	for i, name := range names {
		switch {
		case name == "":
			k.Report("a column name is empty", "", append(path, i)...)
		case slices.Contains(names[:i], name):
			k.Report(fmt.Sprintf("column %q stands twice", name), "keep one of the two", append(path, i)...)
		}
	}
}

var metricsExtensions = []string{".json", ".yaml", ".yml", ".toml", ".csv"}

func (k checker) metrics() {
	if !k.IsSound("metrics") {
		return
	}
	for name, declared := range k.c.Metrics.Declare {
		for _, problem := range rowsProblems(name, declared.Rows) {
			k.Report(problem.message, problem.hint, "metrics", "declare", name, problem.key)
		}
	}
	path := k.c.Metrics.Path
	if path == "" {
		return
	}
	if !k.isInside(path, "metrics") {
		return
	}
	if !slices.Contains(metricsExtensions, strings.ToLower(filepath.Ext(path))) {
		k.Report(fmt.Sprintf("cannot tell the format of metrics file %q", path), "known endings: "+strings.Join(metricsExtensions, ", "), "metrics")
	}
}

// isInside reports a path that leads out of the config's folder.
func (k checker) isInside(path string, place ...any) bool {
	if filepath.IsLocal(path) {
		return true
	}
	k.Report(fmt.Sprintf("path %q leads out of the config's folder", path), "give a path within it, without a leading / or ..", place...)
	return false
}

// table reports a name that is no declared table.
func (k checker) table(name string, path ...any) {
	if _, ok := k.c.Data[name]; ok || !k.IsSound("data") {
		return
	}
	hint := "declare it under data"
	if declared := slices.Sorted(maps.Keys(k.c.Data)); len(declared) > 0 {
		hint = strict.Suggest(name, declared, hint+"; there stand: "+strings.Join(declared, ", "))
	}
	k.Report(fmt.Sprintf("there is no table %q", name), hint, path...)
}

func (k checker) validate(i int, check Check) {
	if !k.IsSound("validate", i) {
		return
	}
	if check.Leakage != nil {
		k.leakage(*check.Leakage, "validate", i, "leakage")
		return
	}
	k.table(check.Table, "validate", i, "table")
	k.isInside(check.Contract, "validate", i, "contract")
}

func (k checker) leakage(spec leak.Spec, path ...any) {
	k.table(spec.Train, append(path, "train")...)
	k.table(spec.Test, append(path, "test")...)
	if spec.Train == spec.Test {
		k.Report(fmt.Sprintf("train and test are both table %q", spec.Train), "name two tables", append(path, "test")...)
	}
	for key, names := range map[string][]string{"key": spec.Key, "exclude": spec.Exclude, "text": spec.Text} {
		k.columns(names, append(path, key)...)
	}
	for _, bound := range []struct {
		key       string
		number    *source.Number
		low, high float64
	}{{"similarity", spec.Similarity, 0.5, 1}, {"max-share", spec.MaxShare, 0, 1}, {"max-auc", spec.MaxAUC, 0.5, 1}, {"max-r2", spec.MaxR2, 0, 1}} {
		if bound.number != nil && !(bound.low <= bound.number.Value && bound.number.Value <= bound.high) {
			k.Report(fmt.Sprintf("%s cannot be %s", bound.key, bound.number.Text), fmt.Sprintf("allowed: %v to %v", bound.low, bound.high), append(path, bound.key)...)
		}
	}
	if spec.Digits != nil && !(1 <= *spec.Digits && *spec.Digits <= maxPrecision) {
		k.Report(fmt.Sprintf("digits cannot be %d", *spec.Digits), fmt.Sprintf("allowed: 1 to %d", maxPrecision), append(path, "digits")...)
	}
	if spec.Until != "" && spec.Time == "" {
		k.Report("until has no time beside it", "name the column of the window's start under time", append(path, "until")...)
	}
}

// maxPrecision is how many significant decimal digits a 64-bit number has at most.
const maxPrecision = 17

// maxRetries and maxTimeout bound what a smoke training may cost.
const maxRetries = 10

func (k checker) train() {
	t := k.c.Train
	if t == nil || !k.IsSound("train") {
		return
	}
	for key, name := range map[string]string{"train-table": t.TrainTable, "test-table": t.TestTable} {
		if name != "" {
			k.table(name, "train", key)
		}
	}
	if t.Retries != nil && !(0 <= *t.Retries && *t.Retries <= maxRetries) {
		k.Report(fmt.Sprintf("retries cannot be %d", *t.Retries), fmt.Sprintf("allowed: 0 to %d", maxRetries), "train", "retries")
	}
	k.timeout(t.Timeout, "train", "timeout")
	if t.Baseline != nil {
		k.baseline(*t)
	}
	k.sample(*t)
}

func (k checker) baseline(t Train) {
	for _, slot := range []struct{ usual, table string }{{"train", t.TrainTable}, {"test", t.TestTable}} {
		if slot.table == "" {
			k.Report(fmt.Sprintf("the built-in trainer needs a %s table", slot.usual),
				fmt.Sprintf("declare %s under data, or name a table with %s-table", slot.usual, slot.usual), "train", "baseline")
		}
	}
	if t.Sample != nil {
		k.Report("sample is for a training command", "remove it: the built-in trainer reads whole tables", "train", "sample")
	}
	k.columns(t.Baseline.Features, "train", "baseline", "features")
	if slices.Contains(t.Baseline.Features, t.Baseline.Target) {
		k.Report(fmt.Sprintf("target %q is among the features", t.Baseline.Target), "remove it there", "train", "baseline", "features")
	}
	if t.Baseline.Save != "" {
		k.isInside(t.Baseline.Save, "train", "baseline", "save")
	}
	if !(t.Baseline.Strength >= 0) {
		k.Report("strength is negative", "the ridge penalty is 0 or more", "train", "baseline", "strength")
	}
}

func (k checker) sample(t Train) {
	if t.Sample == nil || t.Baseline != nil {
		return
	}
	if t.Sample.Rows < 1 {
		k.Report(fmt.Sprintf("rows cannot be %d", t.Sample.Rows), "a sample has at least one row", "train", "sample", "rows")
	}
	if t.TrainTable == "" && t.TestTable == "" {
		k.Report("sample has no table to sample", "declare train or test under data, or name tables with train-table and test-table", "train", "sample")
	}
}
