package ledger_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/ledger"
	"github.com/assay-ml/assay/internal/release/registry"
)

var forms = map[string]ledger.Form{"plain": {Limit: 50}, "packed": {Limit: 50, Packed: true}}

func some() []registry.Event {
	at := time.Date(2026, 11, 25, 1, 2, 3, 0, time.UTC)
	return []registry.Event{
		{Kind: registry.Registered, Version: "v1.0.0", At: at, By: "zoë 🙂 <b>&", Record: &registry.Record{Location: "models/clf.pkl", Metrics: map[string]float64{"loss": 1e-300}}},
		{Kind: registry.Annotated, Version: "v1.0.0", At: at.Add(time.Second), Number: 1, Notes: map[string]string{"text": "\x01\x7f\n\u2028" + strings.Repeat("long ", 100)}},
	}
}

func TestEventsComeBackFromTheirTexts(t *testing.T) {
	for name, form := range forms {
		texts, err := form.Write("log.7.", some())
		require.NoError(t, err)
		require.Greater(t, len(texts), 1, name)
		for key, text := range texts {
			require.LessOrEqual(t, len(text), form.Limit, key)
			require.NotContains(t, strings.ToValidUTF8(text, "?"), "?")
			require.Equal(t, -1, strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }), "%q", text)
			if form.Packed { // the pattern of SageMaker's values, API reference, CustomerMetadataProperties
				require.Regexp(t, `^[A-Za-z0-9_-]+$`, text)
			}
		}
		texts["other"] = "x"
		texts["log.71-1"] = "of another prefix"
		events, err := form.Read("log.7.", texts)
		require.NoError(t, err)
		require.Equal(t, some(), events)
	}
}

func TestATextThatIsMissingLeavesNothing(t *testing.T) {
	for name, form := range forms {
		whole, err := form.Write("log.", some())
		require.NoError(t, err)
		for key := range whole {
			texts := maps.Clone(whole)
			delete(texts, key)
			events, err := form.Read("log.", texts)
			require.NoError(t, err, name)
			require.Empty(t, events)
		}
	}
}

func TestATextThatSomebodyChangedIsAnError(t *testing.T) {
	for name, form := range forms {
		_, err := form.Read("log.", map[string]string{"log.1-1": "no events"})
		require.ErrorContains(t, err, "log.*", name)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("1-1", `[{"kind":"registered"}]`, "2-2", "", true)
	f.Add("1-2", `[{"kind":`, "2-2", `"registered"}]`, false)
	f.Add("1-999999999", "", "-1-1", "x", false)
	f.Fuzz(func(t *testing.T, key, text, other, more string, packed bool) {
		form := ledger.Form{Limit: 50, Packed: packed}
		events, err := form.Read("", map[string]string{key: text, other: more})
		if err != nil || len(events) == 0 {
			return
		}
		texts, err := form.Write("p", events)
		if err != nil {
			return // a year that JSON cannot hold
		}
		again, err := form.Read("p", texts)
		require.NoError(t, err)
		require.Len(t, again, len(events))
	})
}

func TestLogsAreMergedByTime(t *testing.T) {
	events := some()
	merged := ledger.Merge([]registry.Event{events[1]}, events)
	require.Equal(t, events, merged)
	require.Equal(t, events, ledger.Merge(merged, events), "what was written twice counts once")
	require.Empty(t, ledger.Merge())
}
