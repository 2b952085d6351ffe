package infer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/infer"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

func open(t *testing.T, text string) *table.Table {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), []byte(text), 0o600))
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	opened, err := engine.Open(t.Context(), "t", dir, table.Spec{Path: "t.csv"}, false)
	require.NoError(t, err)
	return opened
}

// draft infers a contract, and the findings of holding another table against it that are no pass.
func draft(t *testing.T, from, other *table.Table) (text string, broken []string) {
	t.Helper()
	data, err := infer.Contract(t.Context(), from)
	require.NoError(t, err)
	contract, err := config.ParseContract("draft.yaml", data)
	require.NoError(t, err, "%s", data)
	result, err := schema.Check(t.Context(), other, *contract, schema.Input{})
	require.NoError(t, err)
	for _, f := range result.Findings() {
		if f.Outcome != finding.Pass {
			broken = append(broken, f.Message)
		}
	}
	return string(data), broken
}

// column makes 400 rows of one column beside a counter.
func column(value func(i int) string) string {
	var b strings.Builder
	b.WriteString("row,x\n")
	for i := range 400 {
		fmt.Fprintf(&b, "%d,%s\n", i+1, value(i))
	}
	return b.String()
}

func TestWhatIsPromisedOfAColumn(t *testing.T) {
	for name, c := range map[string]struct {
		value func(i int) string
		want  string
	}{
		"whole numbers":       {func(i int) string { return fmt.Sprint(100 + i%97) }, "{name: x, type: integer, nullable: false, min: 52, max: 244}"},
		"numbers keep a sign": {func(i int) string { return fmt.Sprintf("%.1f", -0.5-float64(i)) }, "{name: x, type: number, nullable: false, min: -600, max: 0}"},
		"shares":              {func(i int) string { return fmt.Sprintf("%.3f", float64(i)/1000) }, "{name: x, type: number, nullable: false, min: 0, max: 1}"},
		"a constant":          {func(int) string { return "7" }, "{name: x, type: integer, nullable: false, min: 3, max: 11}"},
		"NaN":                 {func(i int) string { return []string{"nan", "1.5", "2.5"}[i%3] }, "{name: x, type: number, nullable: false}"},
		"infinities":          {func(i int) string { return []string{"1.5", "inf", "2.5"}[i%3] }, "{name: x, type: number, nullable: false}"},
		"a set of words":      {func(i int) string { return []string{"b", "a", "c d"}[i%3] }, "{name: x, type: string, nullable: false, allowed: [a, b, c d]}"},
		"a set of codes":      {func(i int) string { return []string{"2", "10", "1"}[i%3] }, `{name: x, type: integer, nullable: false, allowed: [1, 2, 10]}`},
		"words like others":   {func(i int) string { return []string{"on", "null", "1.0x"}[i%3] }, `{name: x, type: string, nullable: false, allowed: [1.0x, "null", "on"]}`},
		"a rare word is no set": {func(i int) string {
			if i < 3 {
				return "rare"
			}
			return "often"
		}, "{name: x, type: string, nullable: false, max-length: 10}"},
		"one value is no set": {func(int) string { return "same" }, "{name: x, type: string, nullable: false, max-length: 8}"},
		"unique":              {func(i int) string { return fmt.Sprintf("k%04d", i) }, "{name: x, type: string, nullable: false, unique: true, max-length: 10}"},
		"mail":                {func(i int) string { return fmt.Sprintf("a%d@b.de", i%80) }, "{name: x, type: string, nullable: false, format: email}"},
		"mail, but for one": {func(i int) string {
			if i == 200 {
				return "b at b"
			}
			return fmt.Sprintf("a%d@b.de", i%80)
		}, "{name: x, type: string, nullable: false, max-length: 16}"},
		"some nulls": {func(i int) string { return []string{"", "1", "2", "3"}[i%4] }, "{name: x, type: integer, max-null-share: 0.33, allowed: [1, 2, 3]}"},
		"all nulls":  {func(int) string { return "" }, "{name: x}"},
		"few values": {func(i int) string {
			if i > 30 {
				return ""
			}
			return "5"
		}, "{name: x, type: integer, max-null-share: 0.98}"},
		"dates":     {func(i int) string { return fmt.Sprintf("2024-%02d-11", 1+i%12) }, "{name: x, type: date, nullable: false, earliest: 2024-01-01}"},
		"booleans":  {func(i int) string { return fmt.Sprint(i%2 == 0) }, `{name: x, type: string, nullable: false, allowed: ["false", "true"]}`},
		"long text": {func(i int) string { return strings.Repeat("w", 100+i%200) }, "{name: x, type: string, nullable: false, max-length: 600}"},
	} {
		t.Run(name, func(t *testing.T) {
			opened := open(t, column(c.value))
			text, broken := draft(t, opened, opened)
			require.Empty(t, broken, text)
			line := text[strings.Index(text, "  - {name: x"):]
			got, _, _ := strings.Cut(strings.TrimPrefix(line, "  - "), "  #")
			require.Equal(t, c.want, strings.ReplaceAll(strings.ReplaceAll(got, `"2024-01-01"`, "2024-01-01"), "\n", ""))
			require.Contains(t, text, "primary-key: [row]")
		})
	}
}

func TestADraftFitsTheNextDataToo(t *testing.T) {
	data, err := os.ReadFile("../../../testdata/german_credit.csv")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	halves := [2]string{lines[0] + "\n", lines[0] + "\n"}
	for i, line := range lines[1:] {
		halves[i%2] += line + "\n"
	}
	for i := range halves {
		text, broken := draft(t, open(t, halves[i]), open(t, halves[1-i]))
		require.Empty(t, broken, text)
	}
}

func TestHostileNamesAndValuesStayText(t *testing.T) {
	text := "\"a: {b\n  - c\",\"#\"\"'\",\n"
	for i := range 400 {
		text += fmt.Sprintf("%d,\"x: [\n# %d\",\"%s\"\n", i, i%4, []string{"yes", "~", "- a", "!!int 1"}[i%4])
	}
	opened := open(t, text)
	drafted, broken := draft(t, opened, opened)
	require.Empty(t, broken, drafted)
}

func TestAnEmptyTableHasLittleToSay(t *testing.T) {
	data, err := infer.Contract(t.Context(), open(t, "a,b\n"))
	require.NoError(t, err)
	require.Equal(t, "# Drafted from 0 rows. Read it, and change what the data does not know.\nversion: 1\ncolumns:\n  - {name: a}  # no values\n  - {name: b}  # no values\n", string(data))
}

// profiled is the draft from a table's profile, as its file has it.
func profiled(t *testing.T, from *table.Table, minCount int64) string {
	t.Helper()
	made, err := profile.Of(t.Context(), from, minCount)
	require.NoError(t, err)
	data, err := made.JSON()
	require.NoError(t, err)
	read, err := profile.Read("p.json", data)
	require.NoError(t, err)
	text, err := infer.FromProfile(read)
	require.NoError(t, err)
	return string(text)
}

// passes holds a table against a draft.
func passes(t *testing.T, text string, held *table.Table) {
	t.Helper()
	contract, err := config.ParseContract("draft.yaml", []byte(text))
	require.NoError(t, err, text)
	result, err := schema.Check(t.Context(), held, *contract, schema.Input{})
	require.NoError(t, err)
	for _, f := range result.Findings() {
		require.Equal(t, finding.Pass, f.Outcome, "%s\n%s", f.Message, text)
	}
}

func TestADraftFromAProfileFitsTheTable(t *testing.T) {
	for name, c := range map[string]struct {
		value func(i int) string
		want  string
	}{
		"whole numbers":    {func(i int) string { return fmt.Sprint(100 + i%97) }, "{name: x, type: integer, nullable: false, min: 52, max: 244}"},
		"NaN":              {func(i int) string { return []string{"nan", "1.5", "2.5"}[i%3] }, "{name: x, type: number, nullable: false}"},
		"a set of words":   {func(i int) string { return []string{"b", "a", "c d"}[i%3] }, "{name: x, type: string, nullable: false, allowed: [a, b, c d]}"},
		"a set of codes":   {func(i int) string { return []string{"2", "1000000", "1"}[i%3] }, `{name: x, type: integer, nullable: false, allowed: [1, 2, 1000000]}`},
		"unique":           {func(i int) string { return fmt.Sprintf("k%04d", i) }, "{name: x, type: string, nullable: false, unique: true, max-length: 10}"},
		"unique, too many": {func(i int) string { return fmt.Sprintf("k%04d", i) }, "{name: x, type: string, nullable: false, max-length: 10}"},
		"some nulls":       {func(i int) string { return []string{"", "1", "2", "3"}[i%4] }, "{name: x, type: integer, max-null-share: 0.33, allowed: [1, 2, 3]}"},
		"all nulls":        {func(int) string { return "" }, "{name: x}"},
		"dates":            {func(i int) string { return fmt.Sprintf("2024-%02d-11", 1+i%12) }, `{name: x, type: date, nullable: false, earliest: "2024-01-01"}`},
		"times":            {func(i int) string { return fmt.Sprintf("2024-%02d-11 10:00:00", 1+i%12) }, `{name: x, type: timestamp, nullable: false, earliest: "2024-01-01"}`},
		"long words":       {func(i int) string { return strings.Repeat("w", 300+i%2) }, "{name: x, type: string, nullable: false, max-length: 610}"},
	} {
		t.Run(name, func(t *testing.T) {
			rows := column(c.value)
			if name == "unique, too many" {
				rows = ""
				for i := range 3000 {
					rows += fmt.Sprintf("%d,%s\n", i+1, c.value(i))
				}
				rows = "row,x\n" + rows
			}
			opened := open(t, rows)
			text := profiled(t, opened, 0)
			passes(t, text, opened)
			got, _, _ := strings.Cut(strings.TrimPrefix(text[strings.Index(text, "  - {name: x"):], "  - "), "  #")
			require.Equal(t, c.want, got)
			require.Equal(t, name == "unique, too many", strings.Contains(text, "perhaps unique"))
			passes(t, profiled(t, opened, 10), opened)
		})
	}
}

func TestADraftFromAProfileOfAnEmptyTable(t *testing.T) {
	require.Contains(t, profiled(t, open(t, "a,b\n"), 0), "version: 1\ncolumns:\n  - {name: a}  # no values\n")
}

func TestADraftFromAProfileKeepsWhatIsHidden(t *testing.T) {
	opened := open(t, column(func(i int) string { return fmt.Sprintf("%d.25", i*i) }))
	text := profiled(t, opened, 50)
	require.Contains(t, text, "{name: x, type: number, nullable: false}  # 400 values; its extremes are not known")
	require.NotContains(t, text, "159201")
}
