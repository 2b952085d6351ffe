package trigger

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/retrain/decay"
	"github.com/assay-ml/assay/internal/source"
)

var now = at("2027-03-01T12:00:00Z") // a Monday

func ptr[T any](v T) *T { return &v }

// trained is a training of other data, so many hours ago.
func trained(hoursAgo float64, outcome Outcome) Training {
	t := Training{ID: "t", At: now.Add(-time.Duration(hoursAgo * float64(time.Hour))), Recipe: Recipe{Data: map[string]string{"train": "old"}}, Outcome: outcome}
	if outcome != "" {
		t.Ended = t.At.Add(time.Hour)
	}
	return t
}

func weekly() Spec {
	return Spec{Triggers: Triggers{Schedule: &Schedule{Cron: "0 3 * * 1"}}}
}

func inputs() Inputs {
	return Inputs{Model: "credit", Recipe: Recipe{Commit: strings.Repeat("a", 40), Data: map[string]string{"train": "d1"}}, Production: &Version{Name: "v1.0.0",
		Trained: now.AddDate(0, -1, 0), Rows: ptr(int64(1000)), Commit: strings.Repeat("b", 40)}, Rows: ptr(int64(1500))}
}

func manual(release ...string) *Manual {
	return &Manual{By: "lead", How: "comment", Reason: "a fix", Release: release}
}

func TestEachBrakeHoldsAndIsReleasedByName(t *testing.T) {
	for brake, prepare := range map[string]func(*Spec, *State, *Inputs){
		BrakePause: func(_ *Spec, s *State, _ *Inputs) { s.Pause = &Pause{Since: now.Add(-time.Hour), Reason: "audit"} },
		BrakeFreeze: func(s *Spec, _ *State, _ *Inputs) {
			s.Brakes.Freeze = []Freeze{{From: "2027-02-27", Until: "2027-03-03", Reason: "release week"}}
		},
		BrakeRunning:  func(_ *Spec, s *State, _ *Inputs) { s.Trainings = []Training{trained(30, "")} },
		BrakeCoolDown: func(_ *Spec, s *State, _ *Inputs) { s.Trainings = []Training{trained(23, Failed)} },
		BrakeWeek: func(p *Spec, s *State, _ *Inputs) {
			p.Brakes.MaxPerWeek = ptr(1)
			s.Trainings = []Training{trained(100, Failed)}
		},
		BrakeGPUHours: func(p *Spec, s *State, _ *Inputs) {
			p.Brakes.GPUHours = &Budget{Hours: source.Number{Value: 10}}
			spent := trained(200, Better)
			spent.GPUHours = 6
			s.Trainings = []Training{spent}
		},
		BrakeSameData: func(_ *Spec, s *State, in *Inputs) {
			lost := trained(300, NotBetter)
			lost.Recipe = in.Recipe
			s.Trainings = []Training{lost}
		},
	} {
		t.Run(brake, func(t *testing.T) {
			spec, state, in := Spec{}, State{}, inputs()
			prepare(&spec, &state, &in)
			in.Manual = manual()
			held := Decide(spec, state, in, now)
			require.False(t, held.Retrain)
			require.Len(t, held.stopping(), 1, "%+v", held.stopping())
			require.Equal(t, brake, held.stopping()[0].Name)
			require.True(t, strings.HasPrefix(held.Reason, "held back by "+brake), held.Reason)
			in.Manual = manual(BrakeNames()...)
			in.Manual.Release = []string{brake}
			released := Decide(spec, state, in, now)
			require.True(t, released.Retrain)
			require.Contains(t, released.Reason, brake+" held it back and was released by lead")
			for _, other := range BrakeNames() {
				if other != brake {
					in.Manual.Release = []string{other}
					require.False(t, Decide(spec, state, in, now).Retrain, "releasing %s releases no other", other)
				}
			}
		})
	}
}

func TestWhatLetsABrakeGo(t *testing.T) {
	for name, prepare := range map[string]func(*Spec, *State, *Inputs){
		"a pause that is over":     func(_ *Spec, s *State, _ *Inputs) { s.Pause = &Pause{Since: now.Add(-time.Hour), Until: now} },
		"a cool-down that is over": func(_ *Spec, s *State, _ *Inputs) { s.Trainings = []Training{trained(24, Failed)} },
		"a failure, where successes count": func(p *Spec, s *State, _ *Inputs) {
			p.Brakes.CoolDown = &CoolDown{For: 24 * time.Hour, Since: SinceSuccess}
			s.Trainings = []Training{trained(5, Failed)}
		},
		"a training that nobody heard of for six days": func(_ *Spec, s *State, _ *Inputs) { s.Trainings = []Training{trained(145, "")} },
		"other data than those of the one that lost":   func(_ *Spec, s *State, _ *Inputs) { s.Trainings = []Training{trained(300, NotBetter)} },
		"the same data and other parameters": func(_ *Spec, s *State, in *Inputs) {
			l := trained(300, NotBetter)
			l.Recipe = in.Recipe
			s.Trainings = []Training{l}
			in.Recipe.Params = map[string]string{"trees": "9"}
		},
		"the same data and another commit": func(_ *Spec, s *State, in *Inputs) {
			l := trained(300, NotBetter)
			l.Recipe = in.Recipe
			s.Trainings = []Training{l}
			in.Recipe.Commit = "c"
		},
		"the same data, and the challenger won": func(_ *Spec, s *State, in *Inputs) {
			l := trained(300, Better)
			l.Recipe = in.Recipe
			s.Trainings = []Training{l}
		},
		"no data known": func(_ *Spec, s *State, in *Inputs) {
			in.Recipe.Data = nil
			l := trained(300, NotBetter)
			l.Recipe = in.Recipe
			s.Trainings = []Training{l}
		},
		"GPU hours of a month before": func(p *Spec, s *State, _ *Inputs) {
			p.Brakes.GPUHours = &Budget{Hours: source.Number{Value: 1}}
			x := trained(721, Failed)
			x.GPUHours = 99
			s.Trainings = []Training{x}
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec, state, in := Spec{}, State{}, inputs()
			in.Manual = manual()
			prepare(&spec, &state, &in)
			made := Decide(spec, state, in, now)
			require.True(t, made.Retrain, made.Reason)
		})
	}
}

func TestEachTriggerSpeaksInWords(t *testing.T) {
	full := DriftSeen{Reference: "v1.0.0", Rate: 0.05, Windows: []Window{{From: at("2027-02-26T00:00:00Z"), Drifted: []string{"age"}}, {From: at("2027-02-27T00:00:00Z")},
		{From: at("2027-02-28T00:00:00Z"), Drifted: []string{"age", "income"}}}}
	open := DriftSeen{Reference: "v1.0.0", Windows: []Window{{Drifted: []string{"age"}}, {Unknown: "too few rows"}, {}}}
	for name, c := range map[string]struct {
		triggers Triggers
		prepare  func(*Inputs)
		says     Says
		why      string
	}{
		"the schedule, missed several times":     {Triggers{Schedule: &Schedule{Cron: "0 3 * * 1"}}, func(*Inputs) {}, Train, "was due 4 times"},
		"the schedule of each minute":            {Triggers{Schedule: &Schedule{Cron: "* * * * *"}}, func(*Inputs) {}, Train, "was due at least 1000 times"},
		"the schedule, on time":                  {Triggers{Schedule: &Schedule{Cron: "0 3 * * 1"}}, func(in *Inputs) { in.Production.Trained = now.AddDate(0, 0, -3) }, Train, "was due at 2027-03-01 03:00 UTC"},
		"the schedule, too early":                {Triggers{Schedule: &Schedule{Cron: "0 3 * * 1"}}, func(in *Inputs) { in.Production.Trained = now.Add(-time.Hour) }, Quiet, "next due at 2027-03-08"},
		"the schedule of a model that never was": {Triggers{Schedule: &Schedule{Cron: "0 3 * * 1"}}, func(in *Inputs) { in.Production = nil }, Train, "no training of the model is known"},
		"drift in two windows of three":          {Triggers{Drift: &Drift{}}, func(in *Inputs) { in.Drift = &full }, Train, "from 2027-02-28 00:00 age, income"},
		"drift, and what it triggers by chance":  {Triggers{Drift: &Drift{}}, func(in *Inputs) { in.Drift = &full }, Train, "at most 2.6 times a year"}, // 365.2425·(3·0.05²·0.95 + 0.05³) = 2.648
		"drift of two columns in one window":     {Triggers{Drift: &Drift{Columns: ptr(2)}}, func(in *Inputs) { in.Drift = &full }, Quiet, "1 of the last 3 windows"},
		"drift of another column":                {Triggers{Drift: &Drift{Only: []string{"height"}}}, func(in *Inputs) { in.Drift = &full }, Quiet, "0 of the last 3"},
		"drift that an unknown window may tip":   {Triggers{Drift: &Drift{}}, func(in *Inputs) { in.Drift = &open }, CannotTell, "1 could not be compared"},
		"drift from nothing":                     {Triggers{Drift: &Drift{}}, func(in *Inputs) { in.Production = nil }, CannotTell, "nothing is in production"},
		"drift from what nobody can read":        {Triggers{Drift: &Drift{}}, func(in *Inputs) { in.Unknown = "the registry is away" }, CannotTell, "the registry is away"},
		"decay": {Triggers{Decay: &decay.Spec{}}, func(in *Inputs) {
			in.Decay = &decay.Result{Metric: decay.Accuracy, Promoted: 0.9, Limit: 0.88, Decayed: true, Spans: []decay.Span{{Rows: 10, Mean: 0.5, High: 0.8}}}
		}, Train, "so it has decayed"},
		"decay that nobody can tell":   {Triggers{Decay: &decay.Spec{}}, func(in *Inputs) { in.Decay = &decay.Result{Unknown: "no labelled row is mature yet"} }, CannotTell, "no labelled row is mature yet"},
		"rows enough":                  {Triggers{Rows: &Rows{New: 500}}, func(*Inputs) {}, Train, "1500 rows, 500 more"},
		"rows too few":                 {Triggers{Rows: &Rows{New: 501}}, func(*Inputs) {}, Quiet, "it takes 501 more"},
		"rows of which nobody knows":   {Triggers{Rows: &Rows{New: 1}}, func(in *Inputs) { in.Production.Rows = nil }, CannotTell, "does not say how many rows"},
		"code":                         {Triggers{Code: &Code{}}, func(in *Inputs) { in.Code = &Changes{Since: "bbbb", Names: []string{"train.py"}} }, Train, "1 of the training's code changed since bbbb: train.py"},
		"code as it was":               {Triggers{Code: &Code{}}, func(in *Inputs) { in.Code = &Changes{Since: "bbbb"} }, Quiet, "nothing of the training's code changed"},
		"code that nobody can compare": {Triggers{Code: &Code{}}, func(in *Inputs) { in.Code = &Changes{Unknown: "a shallow clone"} }, CannotTell, "a shallow clone"},
		"settings":                     {Triggers{Settings: &Settings{}}, func(in *Inputs) { in.Settings = &Changes{Names: []string{"lr"}} }, Train, "lr"},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputs()
			c.prepare(&in)
			made := Decide(Spec{Triggers: c.triggers}, State{}, in, now)
			require.Equal(t, c.says, made.Triggers[0].Says, made.Triggers[0].Why)
			require.Contains(t, made.Triggers[0].Why, c.why)
			require.Equal(t, c.says == Train, made.Retrain)
			require.NotEmpty(t, made.Reason)
		})
	}
}

// scipy 1.18: 365.2425*binom.sf(k-1, n, p) with p = 0.05 and 0.01.
func TestExpectedFalseTriggers(t *testing.T) {
	require.InDelta(t, 2.64800812, Drift{}.ExpectedFalse(0.05), 1e-6)
	require.InDelta(t, 365.2425*0.05, Drift{Windows: ptr(1), Drifted: ptr(1)}.ExpectedFalse(0.05), 1e-9)
	require.InDelta(t, 365.2425/7*(3*0.01*0.01*0.99+1e-6), Drift{Window: week}.ExpectedFalse(0.01), 1e-9)
	require.Zero(t, Drift{}.ExpectedFalse(0))
}

func TestWindowsDoNotOverlap(t *testing.T) {
	spans := Drift{}.Spans(now)
	require.Len(t, spans, 3)
	require.Equal(t, at("2027-02-26T00:00:00Z"), spans[0].From)
	require.Equal(t, at("2027-03-01T00:00:00Z"), spans[2].Until)
	for i := range spans[1:] {
		require.Equal(t, spans[i].Until, spans[i+1].From)
	}
	require.Equal(t, spans, Drift{}.Spans(now.Add(11*time.Hour)), "a second look on the same day sees the same windows")
	require.Equal(t, time.Monday, Drift{Window: week}.Spans(now)[0].From.Weekday())
}

// history drives decisions in a random order of events: clocks that jump, trainings that end in any way, pauses, words of people.
type history struct {
	random *rand.Rand
	spec   Spec
	state  State
	clock  time.Time
	made   []Decision
}

func (h *history) step(t *testing.T) {
	switch h.random.IntN(10) {
	case 0:
		h.clock = h.clock.Add(-time.Duration(h.random.IntN(72)) * time.Hour) // it goes backwards
	case 1:
		h.state.Pause = &Pause{Since: h.clock, Until: h.clock.Add(time.Duration(h.random.IntN(48)) * time.Hour), Reason: "r"}
	case 2:
		if n := len(h.state.Trainings); n > 0 {
			outcome := Outcome(Outcomes()[h.random.IntN(4)])
			state, err := h.state.End(h.state.Trainings[n-1].ID, outcome, h.random.Float64()*4, h.clock)
			if err == nil {
				h.state = state
			}
		}
	default:
		h.clock = h.clock.Add(time.Duration(h.random.IntN(20*60)) * time.Minute)
	}
	in := inputs()
	in.Recipe.Data["train"] = string(rune('a' + h.random.IntN(3)))
	if h.random.IntN(3) == 0 {
		in.Manual = manual()
		if h.random.IntN(4) == 0 {
			in.Manual.Release = []string{BrakeNames()[h.random.IntN(7)]}
		}
	}
	made := Decide(h.spec, h.state, in, h.clock)
	require.Equal(t, made, Decide(h.spec, h.state, in, h.clock), "a decision depends on its arguments alone")
	h.judge(t, made)
	h.state = h.state.With(made)
}

// judge holds a decision against all earlier ones, by other means than the brakes use.
func (h *history) judge(t *testing.T, made Decision) {
	t.Helper()
	if !made.Retrain {
		return
	}
	is := func(brake string) bool {
		return made.Manual != nil && strings.Contains(strings.Join(made.Manual.Release, " "), brake)
	}
	within, spent := 1, 0.0
	for _, before := range h.made {
		apart := made.At.Sub(before.At).Abs()
		require.True(t, apart >= 24*time.Hour || is(BrakeCoolDown), "%s and %s are within the cool-down", before.At, made.At)
		if apart < week {
			within++
		}
	}
	require.True(t, within <= 3 || is(BrakeWeek), "%d within a week", within)
	for _, tr := range h.state.Trainings {
		require.True(t, !tr.Ended.IsZero() || made.At.Sub(tr.At) >= defaultGiveUp || is(BrakeRunning), "two at a time")
		require.True(t, tr.Outcome != NotBetter || tr.Recipe.Data["train"] != made.Recipe.Data["train"] || is(BrakeSameData), "what lost is not trained again")
		if made.At.Sub(tr.At) < 30*24*time.Hour {
			spent += tr.GPUHours
		}
	}
	require.True(t, spent < 20 || is(BrakeGPUHours), "%v GPU hours", spent)
	p := h.state.Pause
	require.True(t, p == nil || !made.At.Before(p.Until) || is(BrakePause), "a pause wins")
	h.made = append(h.made, made)
}

func TestNoOrderOfEventsPassesABrake(t *testing.T) {
	total := 0
	for seed := range uint64(60) {
		h := &history{random: rand.New(rand.NewPCG(seed, 1)), clock: now, spec: weekly()}
		h.spec.Brakes = Brakes{MaxPerWeek: ptr(3), GPUHours: &Budget{Hours: source.Number{Value: 20}}}
		for range 100 {
			h.step(t)
		}
		total += len(h.made)
	}
	t.Logf("%d decisions to train of 6000", total)
	require.Greater(t, total, 200, "the brakes do not simply hold always")
}

// However often somebody looks, a schedule that was missed for weeks trains once, and then at its next time.
func TestAMissedScheduleIsCaughtUpOnce(t *testing.T) {
	state, in := State{}, inputs()
	spec := weekly()
	spec.Brakes.CoolDown = &CoolDown{For: 0}
	spec.Brakes.GiveUp = time.Minute
	var trainedAt []time.Time
	for hour := range 24 * 15 {
		made := Decide(spec, state, in, now.Add(time.Duration(hour)*time.Hour))
		state = state.With(made)
		if made.Retrain {
			trainedAt = append(trainedAt, made.At)
		}
	}
	require.Equal(t, []time.Time{now, at("2027-03-08T03:00:00Z"), at("2027-03-15T03:00:00Z")}, trainedAt)
}

func TestAClockThatWentBackIsSaid(t *testing.T) {
	state := State{Trainings: []Training{{ID: "x", At: now.AddDate(1, 0, 0), Ended: now.AddDate(1, 0, 0), Outcome: Failed}}}
	in := inputs()
	in.Manual = manual()
	made := Decide(Spec{}, state, in, now)
	require.False(t, made.Retrain)
	require.Contains(t, made.Reason, "the clock is 8784h0m0s behind that")
}
