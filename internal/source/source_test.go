package source_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/source"
)

func TestPosPrintsWhatIsKnown(t *testing.T) {
	require.Equal(t, "a.yaml:3:7", source.Pos{File: "a.yaml", Line: 3, Column: 7}.String())
	require.Equal(t, "a.yaml:3", source.Pos{File: "a.yaml", Line: 3}.String())
	require.Equal(t, "a.yaml", source.Pos{File: "a.yaml"}.String())
}

func TestAProblemShowsItsLine(t *testing.T) {
	p := source.Problem{Pos: source.Pos{File: "a.yaml", Line: 12, Column: 4}, Message: `unknown key "pis"`, Hint: "known keys: psi, ks", Line: "  {pis: 1}"}
	require.Equal(t, "a.yaml:12:4: unknown key \"pis\"\n   12 |   {pis: 1}\n      |    ^\n        known keys: psi, ks", p.String())
}

func TestASnippetHidesWhatAddressesHold(t *testing.T) {
	line := `  a: {path: "https://user:pw@h.example/a.csv?sig=hush&é", oops: 1} # https://h/b.csv`
	p := source.Problem{Pos: source.Pos{File: "a", Line: 1, Column: 58}, Line: line}
	require.Equal(t, `    1 |   a: {path: "https://*******@h.example/a.csv?**********", oops: 1} # https://h/b.csv`+"\n      | "+strings.Repeat(" ", 57)+"^", p.Snippet())
}

func TestASnippetIsBounded(t *testing.T) {
	p := source.Problem{Pos: source.Pos{File: "a", Line: 1, Column: 500_000}, Line: strings.Repeat("x\x1b", 500_000)}
	snippet := p.Snippet()
	require.Less(t, len(snippet), 1000)
	require.NotContains(t, snippet, "\x1b")
}

func TestProblemsAreSortedByPlace(t *testing.T) {
	err := source.Problems{
		{Pos: source.Pos{File: "b", Line: 1}, Message: "third"},
		{Pos: source.Pos{File: "a", Line: 10}, Message: "second"},
		{Pos: source.Pos{File: "a", Line: 9, Column: 8}, Message: "first"},
	}
	require.Equal(t, "a:9:8: first\na:10: second\nb:1: third", err.Error())
	require.True(t, source.IsUserError(fmt.Errorf("load: %w", err)))
	require.False(t, source.IsUserError(errors.New("disk full")))
	require.NoError(t, source.Problems{}.OrNil())
}

func TestNumbersAreExactlyWhatWasWritten(t *testing.T) {
	n, err := source.ParseNumber("0.1", source.Pos{})
	require.NoError(t, err)
	require.Zero(t, n.Rat().Cmp(big.NewRat(1, 10)))
	require.Zero(t, source.Decimal(0.1).Cmp(big.NewRat(1, 10)))
	for _, text := range []string{"nan", "inf", "1e999", "x", "", strings.Repeat("1", 100)} {
		_, err := source.ParseNumber(text, source.Pos{})
		require.Error(t, err, text)
	}
	tiny, err := source.ParseNumber("1e-999999999", source.Pos{})
	require.NoError(t, err)
	require.Zero(t, tiny.Rat().Sign(), "its exact form would fill the memory")
}
