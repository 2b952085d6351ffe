package propose

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/data/metric"
)

// ConfigFile is where the config goes.
const ConfigFile = "assay.yaml"

// Contracts are drafts of contracts by the name of their table.
type Contracts map[string][]byte

// ContractPath is where the contract of a table goes.
func ContractPath(t Table) string { return "contracts/" + t.Name + ".yaml" }

// IsEmpty reports that nothing was found which Assay could judge.
func (l Look) IsEmpty() bool {
	return len(l.Tables) == 0 && (l.Training == nil || l.Training.Doubt != "") && len(l.gates()) == 0
}

// Config writes the config, with the contracts that there are.
func (l Look) Config(contracts Contracts) []byte {
	var b strings.Builder
	b.WriteString("# yaml-language-server: $schema=https://raw.githubusercontent.com/assay-ml/assay/main/schema/assay.schema.json\n")
	fmt.Fprintf(&b, "version: 1\nmodel: %s\n", scalar(l.Model))
	l.writeTables(&b, contracts)
	l.writeTraining(&b)
	l.writeGates(&b)
	l.writeDrift(&b)
	return []byte(b.String())
}

func (l Look) writeTables(b *strings.Builder, contracts Contracts) {
	if len(l.Tables) == 0 {
		return
	}
	b.WriteString("\ndata:\n")
	for _, t := range l.Tables {
		fmt.Fprintf(b, "  %s: %s\n", t.Name, scalar(t.Path))
	}
	if len(contracts) == 0 {
		return
	}
	b.WriteString("\nvalidate:\n")
	for _, t := range l.Tables {
		if contracts[t.Name] != nil {
			fmt.Fprintf(b, "  - {table: %s, contract: %s}\n", t.Name, ContractPath(t))
		}
	}
	if l.has("train") && l.has("test") {
		b.WriteString("  # Does the test table hold rows of the train table? Name the label's column:\n  # - leakage: {train: train, test: test, label: LABEL}\n")
	}
}

func (l Look) has(table string) bool {
	return slices.ContainsFunc(l.Tables, func(t Table) bool { return t.Name == table })
}

// writeTraining writes the command; one in doubt as a comment, so that the first run is green.
func (l Look) writeTraining(b *strings.Builder) {
	if l.Metrics != "" && l.Metrics != "metrics.json" {
		fmt.Fprintf(b, "\nmetrics: %s\n", scalar(l.Metrics))
	}
	if l.Training == nil {
		return
	}
	mark := ""
	if l.Training.Doubt != "" {
		mark = "# "
		fmt.Fprintf(b, "\n# From %s; %s.\n", oneLine(l.Training.From), oneLine(l.Training.Doubt))
	} else {
		fmt.Fprintf(b, "\n# From %s. ASSAY_METRICS names the file for the metrics.\n", oneLine(l.Training.From))
	}
	fmt.Fprintf(b, "%strain:\n%s  command: %s\n", mark, mark, scalar(l.Training.Command))
	if l.Setup != "" {
		fmt.Fprintf(b, "%s  setup: %s\n", mark, scalar(l.Setup))
	}
}

// oneLine keeps a comment on its line whatever stands in a name.
func oneLine(text string) string { return strings.Join(strings.Fields(printable(text)), " ") }

// What the limits of a draft leave room for.
const (
	maxGates   = 5
	shareRoom  = 0.02 // of a metric between 0 and 1
	numberRoom = 0.05 // of the size of any other
)

// gates are the metrics whose better direction is known, those of test data first.
func (l Look) gates() []string {
	names := slices.DeleteFunc(l.Values.Names(), func(name string) bool { return metric.Spec{}.Describe(name).Direction == "" })
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names[:min(len(names), maxGates)]
}

// rank sorts metrics of the training data last.
func rank(name string) int {
	if strings.Contains(strings.ToLower(name), "train") {
		return 1
	}
	return 0
}

// writeGates limits how far a metric may fall behind the base: what is good enough in itself nobody but the reader knows.
func (l Look) writeGates(b *strings.Builder) {
	names := l.gates()
	if len(names) == 0 {
		return
	}
	b.WriteString("\n# Against the base. at-least and at-most set limits that hold whatever the base is.\ngates:\n")
	for _, name := range names {
		value := float64(l.Values.Values[name])
		limit := "max-drop"
		if (metric.Spec{}).Describe(name).Direction == metric.Lower {
			limit = "max-rise"
		}
		fmt.Fprintf(b, "  - {metric: %s, %s: %s}  # %s now\n", scalar(name), limit, room(value), strconv.FormatFloat(value, 'g', 6, 64))
	}
}

// room is how far a metric may move, with two digits at most.
func room(value float64) string {
	allowed := shareRoom
	if size := math.Abs(value); size > 1 {
		allowed = numberRoom * size
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(allowed, 'g', 2, 64), 64)
	if err != nil {
		rounded = allowed
	}
	return strconv.FormatFloat(rounded, 'g', -1, 64)
}

// writeDrift compares where a table says that it is today's. It blocks nothing at first.
func (l Look) writeDrift(b *strings.Builder) {
	reference := "reference"
	if !l.has(reference) {
		reference = "train"
	}
	if !l.has("current") || !l.has(reference) {
		return
	}
	fmt.Fprintf(b, "\ndrift: {reference: %s, current: current}\nenforce: {drift: false}  # reported, blocks nothing: how a team begins\n", reference)
}

// scalar is a text as YAML in one line, safe within braces too. Go's escapes are YAML's.
func scalar(text string) string {
	if strings.ContainsAny(text, "\"'{}[],#:&*!|>%@`\\") || text != printable(text) {
		return strconv.Quote(text)
	}
	out, err := yaml.Marshal(text) // quotes what would be a number, a word for true or false, or nothing
	if err != nil {
		return strconv.Quote(text)
	}
	return strings.TrimSpace(string(out))
}

// printable replaces what is no visible character.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// Found says in lines what the draft was made from.
func (l Look) Found() []string {
	var lines []string
	for _, t := range l.Tables {
		lines = append(lines, fmt.Sprintf("table %s: %s", t.Name, t.Path))
	}
	if l.Metrics != "" {
		lines = append(lines, fmt.Sprintf("metrics: %s (%d)", l.Metrics, len(l.Values.Values)))
	}
	if l.Training != nil {
		lines = append(lines, "training: "+l.Training.Command)
	}
	if l.Setup != "" {
		lines = append(lines, "setup: "+l.Setup)
	}
	for _, w := range l.Workflows {
		lines = append(lines, "workflow: "+path.Base(w.Path))
	}
	return append(lines, l.Notes...)
}
