package trigger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAStateSurvivesItsBytes(t *testing.T) {
	spec, in := weekly(), inputs()
	in.Manual = manual("pause")
	state := State{Version: stateVersion, Model: "credit", Pause: &Pause{Since: now, Reason: "audit", By: "lead"}}
	state = state.With(Decide(spec, state, in, now))
	require.Len(t, state.Trainings, 1)
	state, err := state.End(state.Trainings[0].ID, Better, 1.5, now.Add(time.Hour))
	require.NoError(t, err)
	content, err := state.Bytes()
	require.NoError(t, err)
	back, err := ParseState(content, "credit")
	require.NoError(t, err)
	require.Equal(t, state, back)
	found, err := back.Decision(state.Decisions[0].ID[:4])
	require.NoError(t, err)
	require.Equal(t, state.Decisions[0], found)
}

func TestEqualDecisionsHaveIDsOfTheirOwn(t *testing.T) {
	state := State{}
	first := Decide(Spec{}, state, inputs(), now)
	second := Decide(Spec{}, state.With(first), inputs(), now)
	require.Equal(t, first.Reason, second.Reason)
	require.NotEqual(t, first.ID, second.ID)
}

func TestStatesThatAreNone(t *testing.T) {
	for _, text := range []string{"{", "[]", `{"version": 2}`, `{"version": 1, "decisions": 3}`} {
		_, err := ParseState([]byte(text), "m")
		require.Error(t, err, text)
	}
	empty, err := ParseState(nil, "m")
	require.NoError(t, err)
	require.Equal(t, State{Version: 1, Model: "m"}, empty)
}

func TestAStateKeepsTheNewest(t *testing.T) {
	var state State
	for i := range keptDecisions + 7 {
		state.Decisions = append(state.Decisions, Decision{ID: fmt.Sprint(i)})
	}
	state.Version = stateVersion
	content, err := state.Bytes()
	require.NoError(t, err)
	back, err := ParseState(content, "m")
	require.NoError(t, err)
	require.Len(t, back.Decisions, keptDecisions)
	require.Equal(t, fmt.Sprint(keptDecisions+6), back.Decisions[keptDecisions-1].ID)
}

func TestATrainingEndsOnce(t *testing.T) {
	state := State{Trainings: []Training{{ID: "a", At: now}}}
	ended, err := state.End("a", Failed, 2, now)
	require.NoError(t, err)
	require.Zero(t, state.Trainings[0].Ended, "the state before is left as it was")
	again, err := ended.End("a", Failed, 2, now.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, ended, again)
	for name, end := range map[string]func() (State, error){
		"another outcome":  func() (State, error) { return ended.End("a", Better, 2, now) },
		"no such training": func() (State, error) { return state.End("b", Better, 2, now) },
		"no such outcome":  func() (State, error) { return state.End("a", "won", 2, now) },
		"negative hours":   func() (State, error) { return state.End("a", Better, -1, now) },
	} {
		_, err := end()
		require.Error(t, err, name)
	}
}

func TestRefsTellNamesApart(t *testing.T) {
	require.Equal(t, "refs/assay/retrain/german-credit", Ref("german-credit"))
	require.Equal(t, "refs/assay/retrain/=41=2fb=2e=2elock=20=c3=a4", Ref("A/b..lock ä"))
	require.NotEqual(t, Ref("a=41"), Ref("aA"))
}

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"version": 1, "trainings": [{"id": "a", "at": "2027-01-01T00:00:00Z"}], "pause": {"since": "2027-01-01T00:00:00Z", "reason": "r"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		state, err := ParseState(data, "m")
		if err != nil {
			return
		}
		made := Decide(weekly(), state, inputs(), now)
		require.NotEmpty(t, made.Reason)
		state.With(made).Overview(now)
	})
}
