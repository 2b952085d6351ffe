package leak_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/finding"
)

// prose is a text of so many words that no other seed has.
func prose(seed uint64, words int) []string {
	random := rand.New(rand.NewPCG(seed, 0))
	text := make([]string, words)
	for i := range text {
		text[i] = fmt.Sprintf("%04x", random.IntN(1<<16))
	}
	return text
}

// changed is a text with its last word replaced.
func changed(text []string) string {
	return strings.Join(text[:len(text)-1], " ") + " other"
}

func TestNearDuplicates(t *testing.T) {
	train := csv("id,body", 50, func(i int) string { return fmt.Sprintf("%d,%s", i, strings.Join(prose(uint64(i), 60), " ")) })
	test := func(body ...string) string {
		return csv("id,body", len(body), func(i int) string { return fmt.Sprintf("%d,%s", 100+i, body[i]) })
	}
	other, short := strings.Join(prose(1000, 60), " "), leak.Spec{Text: []string{"body"}}
	for _, c := range []struct {
		name    string
		test    string
		spec    leak.Spec
		outcome finding.Outcome
		pairs   [][2]int64 // rows of test and of train
	}{
		{"word for word, and one word changed", test(other, strings.Join(prose(7, 60), " "), changed(prose(9, 60))), leak.Spec{}, finding.Fail, [][2]int64{{2, 8}, {3, 10}}},
		{"other texts", test(other), leak.Spec{}, finding.Pass, nil},
		{"half of a text", test(strings.Join(append(prose(7, 60)[:30], prose(1000, 30)...), " ")), leak.Spec{}, finding.Pass, nil},
		{"half of a text under a low threshold", test(strings.Join(append(prose(7, 60)[:45], prose(1000, 15)...), " ")), leak.Spec{Similarity: number(0.5)}, finding.Fail, [][2]int64{{1, 8}}},
		{"a changed word under the highest threshold", test(changed(prose(9, 60)), strings.ToUpper(strings.Join(prose(9, 60), "  "))), leak.Spec{Similarity: number(1)}, finding.Fail, [][2]int64{{2, 10}}},
		{"nulls beside a text", test("", other, ""), short, finding.Pass, nil},
		{"no texts", test("", ""), short, finding.NotRun, nil},
		{"numbers", "id,body\n1,5\n", short, finding.NotRun, nil},
		{"no such column", test(other), leak.Spec{Text: []string{"title"}}, finding.NotRun, nil},
		{"within the share that may pass", test(other, strings.Join(prose(7, 60), " ")), leak.Spec{MaxShare: number(0.5)}, finding.Pass, [][2]int64{{2, 8}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := only(t, look(t, tables{train: train, test: c.test}, c.spec), "near-duplicates")
			require.Equal(t, c.outcome.String(), check.Outcome.String(), check.Message)
			require.Len(t, check.Examples, len(c.pairs))
			found := map[int64]int64{}
			for _, example := range check.Examples {
				found[example.Row] = example.Twin.Row
				require.GreaterOrEqual(t, example.Twin.Similarity, 0.5)
			}
			for _, pair := range c.pairs {
				require.Equal(t, pair[1], found[pair[0]])
			}
		})
	}
}

func TestATableWithoutTextsIsNotPassed(t *testing.T) {
	in := tables{train: "id,body\n1,\n2,\n", test: "id,body\n3,a text\n"}
	check := only(t, look(t, in, leak.Spec{Text: []string{"body"}}), "near-duplicates")
	require.Equal(t, finding.NotRun.String(), check.Outcome.String())
}

func TestShortTextsAreSearchedOnlyWhereTheyAreNamed(t *testing.T) {
	text := csv("name,x", 40, func(i int) string { return fmt.Sprintf("Smith,%v", scatter(i)) })
	for _, check := range look(t, tables{train: text, test: text}, leak.Spec{}).Checks {
		require.NotEqual(t, "near-duplicates", check.Rule)
	}
	named := look(t, tables{train: text, test: text}, leak.Spec{Text: []string{"name"}})
	check := only(t, named, "near-duplicates")
	require.Equal(t, int64(40), check.Count, "the first row of train decides, however many more could have been compared")
}

// Texts of which each is a little like all others: many share a band, no text is compared with more than 32, and what was not
// compared never passes.
func TestTooManySimilarTextsAreNotPassed(t *testing.T) {
	common := prose(1, 34)
	text := func(from int) string {
		return csv("body", 400, func(i int) string {
			return strings.Join(append(append([]string{}, common...), prose(uint64(from+i), 10)...), " ")
		})
	}
	check := only(t, look(t, tables{train: text(5000), test: text(9000)}, leak.Spec{Similarity: number(0.75)}), "near-duplicates")
	require.Equal(t, finding.NotRun.String(), check.Outcome.String(), check.Message)
	require.Equal(t, finding.Undefined, check.Cause)
	require.Contains(t, check.Message, "more similar texts in train than were compared")
	check = only(t, look(t, tables{train: text(5000), test: text(9000)}, leak.Spec{Similarity: number(0.75), MaxShare: number(1)}), "near-duplicates")
	require.Equal(t, finding.Pass.String(), check.Outcome.String(), "even if all were found, it may pass")
}

func BenchmarkNearDuplicates(b *testing.B) {
	body := func(i int) string { return strings.Join(prose(uint64(i), 40), " ") }
	in := tables{train: csv("body", 5000, body), test: csv("body", 500, func(i int) string { return body(100_000 + i) })}
	b.ReportAllocs()
	for b.Loop() {
		look(b, in, leak.Spec{})
	}
}
