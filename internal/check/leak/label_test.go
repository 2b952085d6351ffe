package leak_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/finding"
)

// flip is 0 or 1 for each i, without order.
func flip(i int) int { return int(scatter(i) * 2) }

// One case a line: whether the column x of train gives the label y away.
func TestStrongFeatures(t *testing.T) {
	for _, c := range []struct {
		name    string
		rows    int
		row     func(i int) string // x,y
		spec    leak.Spec
		outcome finding.Outcome
	}{
		{"noise", 300, func(i int) string { return fmt.Sprintf("%v,%d", scatter(i+7000), flip(i)) }, leak.Spec{}, finding.Pass},
		{"a number that knows the class", 300, func(i int) string { return fmt.Sprintf("%v,%d", float64(flip(i))+scatter(i+7000)/2, flip(i)) }, leak.Spec{}, finding.Warn},
		{"the same, downwards", 300, func(i int) string { return fmt.Sprintf("%v,%d", scatter(i+7000)/2-float64(flip(i)), flip(i)) }, leak.Spec{}, finding.Warn},
		{"in the middle one class, around it the other", 3000, func(i int) string {
			return fmt.Sprintf("%v,%d", float64(flip(i)*(2*flip(i+31)-1))*9+scatter(i+7000), flip(i))
		}, leak.Spec{}, finding.Warn},
		{"a word for each class", 300, func(i int) string { return fmt.Sprintf("w%d,%d", flip(i), flip(i)) }, leak.Spec{}, finding.Warn},
		{"null says the class", 300, func(i int) string { return []string{",0", "z,1"}[flip(i)] }, leak.Spec{}, finding.Warn},
		{"a null number says the class", 300, func(i int) string {
			if flip(i) == 0 {
				return ",0"
			}
			return fmt.Sprintf("%v,1", scatter(i+7000))
		}, leak.Spec{}, finding.Warn},
		{"an identifier of texts is no feature that predicts", 300, func(i int) string { return fmt.Sprintf("id%d,%d", i*7919, flip(i)) }, leak.Spec{}, finding.Pass},
		{"infinities and NaN", 300, func(i int) string { return fmt.Sprintf("%s,%d", []string{"inf", "-inf", "nan"}[i%3], flip(i)) }, leak.Spec{}, finding.Pass},
		{"a constant", 300, func(i int) string { return fmt.Sprintf("7,%d", flip(i)) }, leak.Spec{}, finding.Pass},
		{"surely above the user's limit", 2000, func(i int) string { return fmt.Sprintf("%v,%d", float64(flip(i))+scatter(i+7000), flip(i)) }, leak.Spec{MaxAUC: number(0.95)}, finding.Fail},
		{"above the user's limit, but not surely", 40, func(i int) string { return fmt.Sprintf("%d,%d", flip(i), flip(i)) }, leak.Spec{MaxAUC: number(0.99)}, finding.Warn},
		{"too few rows", 15, func(i int) string { return fmt.Sprintf("%d,%d", flip(i), flip(i)) }, leak.Spec{}, finding.NotRun},
		{"one class", 300, func(i int) string { return fmt.Sprintf("%d,a", i%5) }, leak.Spec{}, finding.NotRun},
		{"no label at all", 300, func(i int) string { return fmt.Sprintf("%d,", i%5) }, leak.Spec{}, finding.NotRun},
		{"a text for each row as the label", 300, func(i int) string { return fmt.Sprintf("%d,t%d", i%5, i) }, leak.Spec{}, finding.NotRun},

		{"codes of three classes in another order", 300, func(i int) string { return fmt.Sprintf("%d,%s", (i%3*2+1)%3, []string{"a", "b", "c"}[i%3]) }, leak.Spec{}, finding.Warn},
		{"one of three classes is easy", 300, func(i int) string { return fmt.Sprintf("%d,%s", i%3/2, []string{"a", "b", "c"}[i%3]) }, leak.Spec{}, finding.Pass},
		{"a number in three bands", 3000, func(i int) string {
			return fmt.Sprintf("%v,%s", float64(i%3*2%3)+scatter(i)/2, []string{"a", "b", "c"}[i%3])
		}, leak.Spec{}, finding.Warn},

		{"a number in another unit", 300, func(i int) string { return fmt.Sprintf("%v,%v", -1.8*scatter(i)+32, scatter(i)) }, leak.Spec{}, finding.Warn},
		{"a number with a fifth of noise", 300, func(i int) string { return fmt.Sprintf("%v,%v", scatter(i)+scatter(i+7000)/5, scatter(i)) }, leak.Spec{}, finding.Pass},
		{"the same under the user's limit", 300, func(i int) string { return fmt.Sprintf("%v,%v", scatter(i)+scatter(i+7000)/5, scatter(i)) }, leak.Spec{MaxR2: number(0.8)}, finding.Fail},
		{"a group for each level of a number", 3000, func(i int) string { return fmt.Sprintf("g%d,%v", i%30*7%30, float64(i%30)+scatter(i)/100) }, leak.Spec{}, finding.Warn},
		{"numbers without relation", 300, func(i int) string { return fmt.Sprintf("%v,%v", scatter(i+7000), scatter(i)) }, leak.Spec{}, finding.Pass},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spec.Label = "y"
			text := csv("x,y", c.rows, c.row)
			check := only(t, look(t, tables{train: text, test: text}, c.spec), "strong-features")
			require.Equal(t, c.outcome.String(), check.Outcome.String(), check.Message)
			if c.outcome == finding.NotRun {
				require.Equal(t, finding.TooFewRows, check.Cause)
				return
			}
			x := check.Strengths[0]
			require.True(t, 0 <= x.Low && x.Low <= x.Value && x.Value <= x.High && x.High <= 1, "%+v", x)
		})
	}
}

// scikit-learn 1.9.1 on testdata/german_credit.csv: roc_auc_score(class == "bad", column), turned to above one half;
// scipy 1.17.1: spearmanr(duration, credit_amount).statistic².
func TestStrengthsOfTheGermanCreditData(t *testing.T) {
	data, err := os.ReadFile("../../../testdata/german_credit.csv")
	require.NoError(t, err)
	in := tables{train: string(data), test: string(data)}
	found := map[string]float64{}
	for _, feature := range []struct {
		name  string
		spec  leak.Spec
		value float64
	}{
		{"age", leak.Spec{Label: "class"}, 1 - 0.4293666666666667},
		{"duration", leak.Spec{Label: "class"}, 0.6285928571428572},
		{"credit_amount", leak.Spec{Label: "duration"}, 0.6247090778062971 * 0.6247090778062971},
	} {
		header, _, _ := strings.Cut(string(data), "\n")
		for _, name := range strings.Split(strings.TrimSpace(header), ",") {
			if name != feature.name && name != feature.spec.Label {
				feature.spec.Exclude = append(feature.spec.Exclude, name)
			}
		}
		check := only(t, look(t, in, feature.spec), "strong-features")
		require.Len(t, check.Strengths, 1)
		found[feature.name] = check.Strengths[0].Value
		require.InDelta(t, feature.value, found[feature.name], 0.02, feature.name)
		require.GreaterOrEqual(t, found[feature.name], feature.value-1e-9, "what rows of the same value say may only add")
	}
}

func TestIDOrder(t *testing.T) {
	for _, c := range []struct {
		name    string
		key     []string
		row     func(i int) string // id,x,y
		outcome finding.Outcome
		said    string
	}{
		{"no order", []string{"id"}, func(i int) string { return fmt.Sprintf("p%d,%v,%d", i, scatter(i+7000), flip(i)) }, finding.Pass, "neither"},
		{"rows sorted by class", nil, func(i int) string { return fmt.Sprintf("p%d,%v,%d", i*7919%1009, scatter(i), i/150) }, finding.Warn, "its rows (the position of a class has AUC"},
		{"keys of texts in the order of the class", []string{"id"}, func(i int) string { return fmt.Sprintf("p%d,%v,%d", 1+flip(i)*500+i, scatter(i), flip(i)) }, finding.Warn, "order of id (the position of a class has AUC"},
		{"whole numbers in the order of the class", nil, func(i int) string { return fmt.Sprintf("%d,%v,%d", 1+flip(i)*500+i, scatter(i), flip(i)) }, finding.Warn, "order of id ("},
		{"classes in blocks", nil, func(i int) string { return fmt.Sprintf("p%d,%v,%d", i*7919%1009, scatter(i), i/30%2) }, finding.Warn, "stand together in 10 runs where 151 are expected"},
		{"whole numbers spread wide are measurements", nil, func(i int) string { return fmt.Sprintf("%d,%v,%d", 1_000_000*(flip(i)*500+i), scatter(i), flip(i)) }, finding.Pass, "neither"},
		{"keys that repeat are none", []string{"id"}, func(i int) string { return fmt.Sprintf("%d,%v,%d", flip(i), scatter(i), flip(i)) }, finding.Pass, "neither"},
		{"keys with a null", []string{"id"}, func(i int) string { return strings.TrimPrefix(fmt.Sprintf("%d,%v,%d", i, scatter(i), flip(i)), "7") }, finding.Pass, "neither"},
		{"a number that rises", nil, func(i int) string { return fmt.Sprintf("p%d,%v,%v", i*7919%1009, scatter(i), float64(i)+30*scatter(i)) }, finding.Warn, "its rows (rank correlation"},
		{"a number in blocks", nil, func(i int) string {
			return fmt.Sprintf("p%d,%v,%v", i*7919%1009, scatter(i), float64(i/30%2)+scatter(i)/2)
		}, finding.Warn, "10 runs"},
		{"too few rows", nil, func(i int) string { return fmt.Sprintf("p%d,%v,%s", i, scatter(i), []string{"a", ""}[min(i/5, 1)]) }, finding.NotRun, "too few rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := csv("id,x,y", 300, c.row)
			check := only(t, look(t, tables{train: text, test: text, key: c.key}, leak.Spec{Label: "y"}), "id-order")
			require.Equal(t, c.outcome.String(), check.Outcome.String(), check.Message)
			require.Contains(t, check.Message, c.said)
		})
	}
}

// Nothing that a sensitive column holds is said, whichever rule finds it.
func TestSensitiveValuesAreNotShown(t *testing.T) {
	row := func(i int) string {
		return fmt.Sprintf("secret-key-%d,secret %s,2024-01-%02d,secret-group,secret-%d", i, strings.Join(prose(uint64(i), 20), " "), i%28+1, flip(i))
	}
	in := tables{train: csv("id,body,t,g,y", 60, row), test: csv("id,body,t,g,y", 40, row), key: []string{"id"}, sensitive: []string{"id", "body", "t", "g", "y"}}
	result := look(t, in, leak.Spec{Label: "y", Group: "g", Time: "t"})
	said := fmt.Sprintf("%+v %+v", result.Findings(), result.Blocks())
	for _, check := range result.Checks {
		said += fmt.Sprintf("%+v", check)
	}
	require.Contains(t, said, "(sensitive)")
	for _, value := range []string{"secret", "2024", prose(3, 20)[4]} {
		require.NotContains(t, said, value)
	}
}
