package schema_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// tables opens CSV texts by name in one engine.
func tables(t *testing.T, texts map[string]string) map[string]*table.Table {
	t.Helper()
	dir := t.TempDir()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	opened := map[string]*table.Table{}
	for name, text := range texts {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600))
		opened[name], err = engine.Open(t.Context(), name, dir, table.Spec{Path: name + ".csv"}, false)
		require.NoError(t, err)
	}
	return opened
}

// noon is when these checks run.
var noon = time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)

// checkColumn checks one column of a one-table world.
func checkColumn(t *testing.T, values string, column schema.Column) schema.Result {
	t.Helper()
	column.Name = "x"
	rows := "n,x\n"
	for i, value := range strings.Split(values, " ") {
		rows += string(rune('1'+i)) + "," + strings.ReplaceAll(value, "_", " ") + "\n"
	}
	return check(t, map[string]string{"data": rows}, schema.Contract{Columns: []schema.Column{column}})
}

func check(t *testing.T, texts map[string]string, contract schema.Contract) schema.Result {
	t.Helper()
	opened := tables(t, texts)
	result, err := checkTwice(t, opened["data"], contract, schema.Input{File: "contract.yaml", Tables: opened, Now: noon})
	require.NoError(t, err)
	return result
}

// Values are separated by spaces, and _ stands for a space in one; nothing between two spaces is a null.
func TestRulesOnValues(t *testing.T) {
	for name, c := range map[string]struct {
		values string
		column schema.Column
		want   string
	}{
		"numbers are decimals where they are exact": {"1.50 2.25", schema.Column{Type: at(schema.Decimal)}, "x type fail 0"},
		"whole numbers are decimals":                {"1 2", schema.Column{Type: at(schema.Decimal)}, "x type pass 0"},
		"times of day":                              {"12:00:00 13:30:00", schema.Column{Type: at(schema.Time)}, "x type pass 0"},
		"a time without a zone has none":            {"2024-01-01_12:00:00", schema.Column{Type: at(schema.TimestampWithZone)}, "x type fail 0"},
		"a time with a zone":                        {"2024-01-01_12:00:00+02", schema.Column{Type: at(schema.TimestampWithZone)}, "x type pass 0"},
		"a text is no list":                         {"a b", schema.Column{Type: at(schema.List)}, "x type fail 0"},
		"mostly takes a share of the values":        {"1 2 3 -1 ", schema.Column{Min: num("0"), Mostly: num("0.75")}, "x min pass 1"},
		"mostly is exact":                           {"1 2 3 -1 ", schema.Column{Min: num("0"), Mostly: num("0.7500001")}, "x min fail 1 4"},
		"dates from the first to the last day":      {"2024-01-31 2024-02-01 2024-02-29 2024-03-01 ", schema.Column{Earliest: at("2024-02-01"), Latest: at("2024-02-29")}, "x earliest fail 1 1|x latest fail 1 4"},
		"the last day lasts until midnight":         {"2024-02-29_23:59:59 2024-03-01_00:00:00", schema.Column{Latest: at("2024-02-29")}, "x latest fail 1 2"},
		"a text that is no date keeps no bound":     {"2024-02-01 soon", schema.Column{Earliest: at("2024-01-01")}, "x earliest fail 1 2"},
		"numbers have no dates":                     {"1 2", schema.Column{Earliest: at("2024-01-01"), MaxAge: at(time.Hour)}, "x earliest fail 0|x max-age fail 0"},
		"dates of a form":                           {"31.01.2024 2024-01-31 30.02.2024", schema.Column{DateFormat: at("%d.%m.%Y")}, "x date-format fail 2 2,3"},
		"bounds know the form":                      {"31.01.2024 01.02.2024", schema.Column{DateFormat: at("%d.%m.%Y"), Latest: at("2024-01-31")}, "x latest fail 1 2|x date-format pass 0"},
		"dates that were read already":              {"31.01.2024 01.02.2024", schema.Column{DateFormat: at("%Y.%m.%d")}, "x date-format fail 0"},
		"ISO dates have a form of their own":        {"2024-01-31 2024-02-01", schema.Column{DateFormat: at("%d.%m.%Y")}, "x date-format fail 0"},
		"mail":                                      {"a@b.de a.b+c@d-e.co.uk a@b @b.de a@b..de a_b@c.de a@-b.de", schema.Column{Format: at(schema.Format("email"))}, "x format fail 5 3,4,5,6,7"},
		"uuid":                                      {"123e4567-e89b-12d3-a456-426614174000 123e4567-e89b-12d3-a456-42661417400 x", schema.Column{Format: at(schema.Format("uuid"))}, "x format fail 2 2,3"},
		"uri":                                       {"https://a.de/b?c=d s3://b/k mailto:a@b.de //a.de a.de https://a_b", schema.Column{Format: at(schema.Format("uri"))}, "x format fail 3 4,5,6"},
		"ipv4":                                      {"192.168.0.1 255.255.255.255 256.1.1.1 1.2.3 01.2.3.4", schema.Column{Format: at(schema.Format("ipv4"))}, "x format fail 3 3,4,5"},
		"hostname":                                  {"a.de localhost a-b.c -a.de a..b", schema.Column{Format: at(schema.Format("hostname"))}, "x format fail 2 4,5"},
		"date":                                      {"2024-02-29 2023-02-29 24-1-1 x", schema.Column{Format: at(schema.Format("date"))}, "x format fail 3 2,3,4"},
		"a column of dates has the form":            {"2024-02-29 2024-03-01", schema.Column{Format: at(schema.Format("date"))}, "x format pass 0"},
		"date and time":                             {"2024-02-29T12:00:00Z 2024-02-29T12:00:00 2024-02-29T25:00:00Z x", schema.Column{Format: at(schema.Format("date-time"))}, "x format fail 3 2,3,4"},
		"rising, with ties and nulls":               {"1 1  2 5", schema.Column{Monotone: at(schema.Increasing)}, "x monotone pass 0"},
		"not rising after a peak":                   {"1 5 2 3 6", schema.Column{Monotone: at(schema.Increasing)}, "x monotone fail 2 3,4"},
		"falling":                                   {"3.5 2 2.5 1", schema.Column{Monotone: at(schema.Decreasing)}, "x monotone fail 1 3"},
		"NaN is no number of a rising column":       {"1.5 nan 2.5", schema.Column{Monotone: at(schema.Increasing)}, "x monotone fail 1 2"},
		"texts rise by their letters":               {"a c b", schema.Column{Monotone: at(schema.Increasing)}, "x monotone fail 1 3"},
		// quartiles of 1 2 3 4 100 (numpy.percentile, linear): 2 and 4; the fence of 1.5 is -1 to 7
		"far from the middle half": {"1 2 3 4 100", schema.Column{Outliers: &schema.Outliers{Method: schema.IQR}}, "x outliers fail 1 5"},
		// mean 22, sample standard deviation 43.617657: 100 lies 1.788 of them away
		"far from the mean":                  {"1 2 3 4 100", schema.Column{Outliers: &schema.Outliers{Method: schema.ZScore, Limit: num("1.7")}}, "x outliers fail 1 5"},
		"near enough to the mean":            {"1 2 3 4 100", schema.Column{Outliers: &schema.Outliers{Method: schema.ZScore, Limit: num("1.8")}}, "x outliers pass 0"},
		"infinities and NaN are outliers":    {"1.5 inf nan 1.6", schema.Column{Outliers: &schema.Outliers{Method: schema.ZScore}}, "x outliers fail 2 2,3"},
		"numbers whose squares overflow":     {"1.5 1e308 -1e308 1e308", schema.Column{Outliers: &schema.Outliers{Method: schema.ZScore}, Aggregates: []schema.Aggregate{{Of: schema.Stdev, Max: num("1")}, {Of: schema.Mean, Min: num("0")}, {Of: schema.Sum, Max: num("0")}}}, "x outliers fail 3 2,3,4|x stdev fail 0|x mean pass 0|x sum fail 0"},
		"quartiles whose distance overflows": {"-1e139 1e139 -1e139 1e139", schema.Column{Outliers: &schema.Outliers{Method: schema.IQR, Limit: num("1e300")}}, "x outliers pass 0"},
		"one value lies nowhere":             {"7 ", schema.Column{Outliers: &schema.Outliers{Method: schema.ZScore}}, "x outliers pass 0"},
		"a constant has no outlier":          {"7 7 7", schema.Column{Outliers: &schema.Outliers{Method: schema.ZScore}}, "x outliers pass 0"},
		"words have no outliers":             {"a b", schema.Column{Outliers: &schema.Outliers{Method: schema.IQR}}, "x outliers fail 2 1,2"},
		"nothing but nulls cannot be judged": {"  ", schema.Column{Outliers: &schema.Outliers{Method: schema.IQR}, Monotone: at(schema.Increasing)}, "x monotone not-run 0|x outliers not-run 0"},
		"fresh":                              {"2024-02-28 2024-03-01 2024-02-29", schema.Column{MaxAge: at(12 * time.Hour)}, "x max-age pass 0"},
		"stale":                              {"2024-02-28 2024-03-01", schema.Column{MaxAge: at(11*time.Hour + 59*time.Minute)}, "x max-age fail 0"},
		"from the future":                    {"2024-02-28 2024-03-02", schema.Column{MaxAge: at(time.Hour)}, "x max-age warn 0"},
		"without a date":                     {"  ", schema.Column{MaxAge: at(time.Hour)}, "x max-age not-run 0"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, strings.Split(c.want, "|"), outcomes(checkColumn(t, c.values, c.column)))
		})
	}
}

func TestAnAgeIsSaidInItsUnit(t *testing.T) {
	for limit, want := range map[time.Duration]string{36 * time.Hour: "36 hours", 90 * time.Minute: "1.5 hours", 24 * time.Minute: "24.0 minutes", 30 * 24 * time.Hour: "30 days"} {
		result := checkColumn(t, "2024-02-20", schema.Column{MaxAge: at(limit)})
		require.Equal(t, "newest value at most "+want+" old", result.Rules[0].Asked)
		require.Contains(t, result.Rules[0].Message, "is 10.5 days old")
	}
}

func TestAggregates(t *testing.T) {
	// Of 1 2 3 4 100: mean 22, median 3, 0.95 quantile 80.8 (numpy.percentile, linear), sample standard deviation
	// 43.61765697512878 (numpy.std, ddof 1), sum 110.
	for _, c := range []struct {
		aggregate schema.Aggregate
		low, high string // bounds that hold
	}{
		{schema.Aggregate{Of: schema.Mean}, "22", "22"},
		{schema.Aggregate{Of: schema.Median}, "3", "3"},
		{schema.Aggregate{Of: schema.Quantile, At: num("0.95")}, "80.79999", "80.80001"},
		{schema.Aggregate{Of: schema.Stdev}, "43.6176569", "43.6176570"},
		{schema.Aggregate{Of: schema.Sum}, "110", "110"},
		{schema.Aggregate{Of: schema.Distinct}, "5", "5"},
		{schema.Aggregate{Of: schema.Share, Value: at("4")}, "0.2", "0.2"},
	} {
		t.Run(string(c.aggregate.Of), func(t *testing.T) {
			within, above, below := c.aggregate, c.aggregate, c.aggregate
			within.Min, within.Max = num(c.low), num(c.high)
			above.Min = num("1000")
			below.Max = num("-1")
			result := checkColumn(t, "1 2 3 4  100", schema.Column{Aggregates: []schema.Aggregate{within, above, below}})
			name := "x " + string(c.aggregate.Of)
			require.Equal(t, []string{name + " pass 0", name + " fail 0", name + " fail 0"}, outcomes(result))
		})
	}
	all := []schema.Aggregate{{Of: schema.Mean, Min: num("0")}, {Of: schema.Stdev, Min: num("0")}, {Of: schema.Share, Value: at("1"), Min: num("0.5")}}
	require.Equal(t, []string{"x mean fail 0", "x stdev fail 0", "x share fail 0"},
		outcomes(checkColumn(t, "1.5 nan 2.5", schema.Column{Aggregates: all})), "NaN keeps no bound")
	require.Equal(t, []string{"x mean not-run 0", "x stdev not-run 0", "x share not-run 0"},
		outcomes(checkColumn(t, "  ", schema.Column{Aggregates: all})), "no values are no zero")
}

func TestRulesOnSeveralColumnsAndTables(t *testing.T) {
	texts := map[string]string{
		"data":   "id,day,customer,amount\n1,1,7,1.5\n2,1,8,2.5\n3,2,9,3.5\n3,2,,4.5\n",
		"people": "id,amount\n7,6\n8,6\n,0\n",
		"names":  "id\nx7\n8\n",
	}
	result := check(t, texts, schema.Contract{
		ColumnOrder: at(true),
		Unique:      []schema.Unique{{Columns: []string{"id", "day"}}, {Columns: []string{"id", "amount"}, Severity: finding.SeverityWarn}, {Columns: []string{"id", "gone"}}},
		ForeignKeys: []schema.ForeignKey{
			{Columns: []string{"customer"}, Table: "people", References: []string{"id"}},
			{Columns: []string{"customer"}, Table: "people", References: []string{"id"}, Mostly: num("0.6")},
			{Columns: []string{"customer"}, Table: "names", References: []string{"id"}},
			{Columns: []string{"customer"}, Table: "people"},
			{Columns: []string{"customer"}, Table: "nobody"},
		},
		Agrees:  []schema.Agreement{{Table: "people", Rows: true, Sums: []string{"amount", "gone"}}, {Table: "people", Rows: true, Tolerance: num("0.34")}},
		Columns: []schema.Column{{Name: "day"}, {Name: "id"}},
	})
	require.Equal(t, []string{
		"column-order fail 0",
		"id, day unique fail 1 3,4",
		"id, amount unique pass 0",
		"id, gone unique fail 0",
		"customer foreign-key fail 1 3",
		"customer foreign-key pass 1",
		"customer foreign-key fail 2 1,3",
		"customer foreign-key not-run 0",
		"customer foreign-key not-run 0",
		"agrees fail 0",
		"amount agrees pass 0",
		"gone agrees not-run 0",
		"agrees pass 0",
		"day required pass 0",
		"id required pass 0",
	}, outcomes(result))
	require.Contains(t, result.Rules[9].Message, "4 here, 3 there")
}

func TestARuleThatTheEngineRefusesTakesNoOtherWithIt(t *testing.T) {
	result := checkColumn(t, "a b", schema.Column{DateFormat: at("%Q"), Min: num("1"), Pattern: at("b"), Earliest: at("2024-01-01")})
	require.Equal(t, []string{"x min fail 2 1,2", "x earliest not-run 0", "x pattern fail 1 1", "x date-format not-run 0"}, outcomes(result))
	require.Contains(t, result.Rules[3].Message, "format")
	require.True(t, result.Findings()[3].Blocks())
}

func TestMonotoneRestartsInEachFile(t *testing.T) {
	opened := open(t, "x\n1\n3\n", "x\n2\n1\n")
	result, err := checkTwice(t, opened, schema.Contract{Columns: []schema.Column{{Name: "x", Monotone: at(schema.Increasing)}}}, schema.Input{})
	require.NoError(t, err)
	require.Equal(t, int64(1), result.Rules[0].Broken)
	require.Equal(t, "b.csv", filepath.Base(result.Rules[0].Examples[0].File))
	require.Equal(t, int64(2), result.Rules[0].Examples[0].Row)
}

// Every rule that can show something is broken here; no surface of the answer may hold the secret.
func TestASensitiveColumnIsNeverShown(t *testing.T) {
	text := "id,x,n,when\nkey1,hunter2,424242,2024-01-01\nkey2,hunter2,424242,2024-01-01\nkey3,hunter3,777777,1999-12-24\n"
	one := num("1")
	contract := schema.Contract{PrimaryKey: at([]string{"id"}), Columns: []schema.Column{{Name: "id"},
		{Name: "x", Sensitive: true, Allowed: at([]string{"a"}), Pattern: at("b"), MaxLength: one, Format: at(schema.Format("email")), Unique: at(true),
			DateFormat: at("%Y"), Monotone: at(schema.Decreasing), Outliers: &schema.Outliers{Method: schema.IQR}, Type: at(schema.Date)},
		{Name: "n", Sensitive: true, Max: one, Aggregates: []schema.Aggregate{{Of: schema.Mean, Max: one}, {Of: schema.Median, Max: one},
			{Of: schema.Quantile, At: one, Max: one}, {Of: schema.Sum, Max: one}, {Of: schema.Stdev, Max: one}}},
		{Name: "when", Sensitive: true, MaxAge: at(time.Hour), Latest: at("1980-01-01")},
	}, Unique: []schema.Unique{{Columns: []string{"x", "n"}}}, Agrees: []schema.Agreement{{Table: "other", Sums: []string{"n"}}},
		ForeignKeys: []schema.ForeignKey{{Columns: []string{"x"}, Table: "other"}}}
	result := check(t, map[string]string{"data": text, "other": "x,n\na,5\n"}, contract)
	shown := everything(t, result)
	for _, secret := range []string{"hunter", "424242", "777777", "2024-01-01", "1999-12-24", "541", "1626261"} {
		require.NotContains(t, shown, secret)
	}
	require.Contains(t, shown, "key1", "the row is still named")

	contract.Columns[0].Sensitive = true
	require.NotContains(t, everything(t, check(t, map[string]string{"data": text, "other": "x,n\na,5\n"}, contract)), "key1", "nor a sensitive key")
}

// everything is all that a result shows: its file, its findings and its blocks.
func everything(t *testing.T, result schema.Result) string {
	t.Helper()
	file, err := json.Marshal(result)
	require.NoError(t, err)
	return fmt.Sprintf("%s %+v %+v", file, result.Findings(), result.Blocks())
}

func TestTagsPickRules(t *testing.T) {
	opened := tables(t, map[string]string{"data": "a,b\n1,2\n"})
	contract := schema.Contract{Tags: []string{"all"}, Rows: schema.Rows{Min: num("1")},
		Unique: []schema.Unique{{Columns: []string{"a", "b"}, Tags: []string{"identity"}}},
		Columns: []schema.Column{{Name: "a", Max: num("9"), Min: num("0"), Tags: []string{"quick"}},
			{Name: "b", Aggregates: []schema.Aggregate{{Of: schema.Mean, Max: num("1"), Tags: []string{"slow"}}}}}}
	for tag, want := range map[string][]string{
		"":         {"rows", "unique", "min", "max", "mean"},
		"all":      {"rows", "unique", "min", "max", "mean"},
		"identity": {"unique"},
		"quick":    {"min", "max"},
		"slow":     {"mean"},
		"none":     {"rows"},
	} {
		input := schema.Input{Tables: opened, Now: noon}
		if tag != "" {
			input.Tags = []string{tag}
		}
		result, err := checkTwice(t, opened["data"], contract, input)
		require.NoError(t, err)
		var names []string
		for _, done := range result.Rules {
			names = append(names, done.Rule)
		}
		require.Equal(t, want, names, tag)
		if tag == "none" {
			require.True(t, result.Findings()[0].Blocks(), "a tag that picks nothing is no pass")
		}
		if tag == "quick" {
			require.Equal(t, 2, result.LeftOut)
			require.Equal(t, []string{"quick", "all"}, result.Rules[0].Tags)
		}
	}
}
