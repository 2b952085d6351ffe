package trigger

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/source"
)

func num(text string) *source.Number {
	n, err := source.ParseNumber(text, source.Pos{})
	if err != nil {
		panic(err)
	}
	return &n
}

var declared = map[string]Param{
	"trees":  {Type: Integer, Min: num("1"), Max: num("1000"), Default: "100"},
	"rate":   {Type: Decimal, Min: num("0"), Max: num("1")},
	"model":  {Type: Text, Enum: []string{"forest", "boost"}},
	"branch": {Type: Text, Pattern: `[a-z/]+`},
	"warm":   {Type: Boolean},
}

func TestParametersGivenByHand(t *testing.T) {
	for name, c := range map[string]struct {
		given map[string]string
		want  map[string]string // nil: refused
	}{
		"none":                           {nil, map[string]string{"trees": "100"}},
		"each of its type":               {map[string]string{"trees": "7", "rate": "0.50", "model": "boost", "branch": "a/b", "warm": "true"}, map[string]string{"trees": "7", "rate": "0.5", "model": "boost", "branch": "a/b", "warm": "true"}},
		"one that is not declared":       {map[string]string{"lr": "1"}, nil},
		"too many trees":                 {map[string]string{"trees": "1001"}, nil},
		"half a tree":                    {map[string]string{"trees": "1.5"}, nil},
		"NaN":                            {map[string]string{"rate": "NaN"}, nil},
		"infinite":                       {map[string]string{"rate": "1e999"}, nil},
		"a model that there is not":      {map[string]string{"model": "forest;rm -rf /"}, nil},
		"a pattern matches the whole":    {map[string]string{"branch": "a b"}, nil},
		"a second line":                  {map[string]string{"branch": "a\nb"}, nil},
		"a substitution":                 {map[string]string{"branch": "$(id)"}, nil},
		"an expression of Actions":       {map[string]string{"branch": "${{ secrets.X }}"}, nil},
		"a zero byte":                    {map[string]string{"branch": "a\x00"}, nil},
		"no UTF-8":                       {map[string]string{"branch": "a\xff"}, nil},
		"yes is no boolean":              {map[string]string{"warm": "yes"}, nil},
		"very long":                      {map[string]string{"branch": strings.Repeat("a", 201)}, nil},
		"a name with a workflow command": {map[string]string{"::error::x": "1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			values, err := Values(declared, c.given)
			if c.want == nil {
				require.Error(t, err)
				for name, value := range c.given {
					if strings.ContainsAny(name+value, ":;$\n\x00") || !utf8.ValidString(value) {
						require.NotContains(t, err.Error(), value, "what was refused is not repeated")
					}
				}
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, values)
		})
	}
}

func TestCommandsInComments(t *testing.T) {
	full := strings.Repeat("0a", 20)
	for name, c := range map[string]struct {
		body string
		want Command
		is   bool
		bad  bool
	}{
		"with parameters":         {"Please.\n/assay retrain trees=7 rate=0.5\n", Command{Params: map[string]string{"trees": "7", "rate": "0.5"}}, true, false},
		"alone":                   {"/assay retrain", Command{Params: map[string]string{}}, true, false},
		"with a brake and a word": {"/assay retrain release=cool-down,pause reason=the labels were wrong", Command{Params: map[string]string{}, Release: []string{"cool-down", "pause"}, Reason: "the labels were wrong"}, true, false},
		"with a commit":           {"/assay retrain sha=" + full, Command{Params: map[string]string{}, SHA: full}, true, false},
		"a quotation":             {"> /assay retrain trees=7", Command{}, false, false},
		"another command":         {"/assay retraining", Command{}, false, false},
		"no command":              {"retrain?", Command{}, false, false},
		"half a commit":           {"/assay retrain sha=0a0a", Command{}, true, true},
		"a word":                  {"/assay retrain now", Command{}, true, true},
		"twice":                   {"/assay retrain a=1 a=2", Command{}, true, true},
		"a brake without reason":  {"/assay retrain release=pause", Command{}, true, true},
		"no such brake":           {"/assay retrain release=all reason=why", Command{}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, is, err := ParseComment(c.body)
			require.Equal(t, c.is, is)
			if c.bad {
				require.Error(t, err)
				require.True(t, source.IsUserError(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func FuzzComment(f *testing.F) {
	f.Add("/assay retrain trees=7 release=pause reason=x y")
	f.Add("/assay retrain sha=" + strings.Repeat("0", 40) + "\r\n::error::")
	f.Fuzz(func(t *testing.T, body string) {
		c, is, err := ParseComment(body)
		if !is || err != nil {
			return
		}
		values, err := Values(declared, c.Params)
		if err != nil {
			return
		}
		for _, value := range values {
			require.NotContains(t, value, "\n")
			require.NotContains(t, value, "$")
		}
		require.NotContains(t, c.Reason, "\n")
	})
}

func TestSpecsThatMeanNothing(t *testing.T) {
	for name, spec := range map[string]Spec{
		"a schedule":               {Triggers: Triggers{Schedule: &Schedule{Cron: "daily"}}},
		"more windows than looked": {Triggers: Triggers{Drift: &Drift{Windows: ptr(2), Drifted: ptr(3)}}},
		"no rows":                  {Data: "train", Triggers: Triggers{Rows: &Rows{}}},
		"rows of no table":         {Triggers: Triggers{Rows: &Rows{New: 1}}},
		"no paths":                 {Triggers: Triggers{Code: &Code{}}},
		"two deep patterns":        {Triggers: Triggers{Code: &Code{Paths: []string{"**/x/**"}}}},
		"half a freeze":            {Brakes: Brakes{Freeze: []Freeze{{From: "2027-01-01", Reason: "r"}}}},
		"a freeze of two kinds":    {Brakes: Brakes{Freeze: []Freeze{{From: "2027-01-01", Until: "2027-01-02", Cron: "@daily", For: 1, Reason: "r"}}}},
		"a freeze that ends first": {Brakes: Brakes{Freeze: []Freeze{{From: "2027-01-02", Until: "2027-01-01", Reason: "r"}}}},
		"a text without bounds":    {Params: map[string]Param{"a": {Type: Text}}},
		"a reserved word":          {Params: map[string]Param{"reason": {Type: Boolean}}},
		"a name with a space":      {Params: map[string]Param{"a b": {Type: Boolean}}},
		"a broken pattern":         {Params: map[string]Param{"a": {Type: Text, Pattern: "("}}},
		"a default out of bounds":  {Params: map[string]Param{"a": {Type: Integer, Max: num("1"), Default: "2"}}},
		"an enum of other numbers": {Params: map[string]Param{"a": {Type: Decimal, Enum: []string{"0.10"}}}},
		"min above max":            {Params: map[string]Param{"a": {Type: Integer, Min: num("2"), Max: num("1")}}},
	} {
		t.Run(name, func(t *testing.T) { require.NotEmpty(t, spec.Problems()) })
	}
	require.Empty(t, Spec{Data: "train", Triggers: Triggers{Rows: &Rows{New: 1}, Code: &Code{Paths: []string{"src/**", "*.py"}}}, Params: declared}.Problems())
}
