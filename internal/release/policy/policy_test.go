package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/release/policy"
	"github.com/assay-ml/assay/internal/source"
)

const (
	digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	commit = "89abcdef0123456789abcdef0123456789abcdef"
)

var now = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// at is a place in the policy's file.
func at(line int) source.Pos { return source.Pos{File: "assay.yaml", Line: line, Column: 3} }

// strict asks for everything.
func strict() policy.Spec {
	return policy.Spec{Artifact: "model.bin", Pos: at(1), Stages: map[string]policy.Stage{
		"staging": {Pos: at(2)},
		"production": {Pos: at(3), Needs: []string{"gate", "drift"}, Compare: compare.NeedBetter, Branches: []string{"main", "release/*"},
			Workflows: []string{".github/workflows/promote.yml"}, Actors: []string{"releaser"}, MinimumTime: 24 * time.Hour,
			Freeze:    []policy.Freeze{{From: "2026-12-20", To: "2027-01-05", Why: "holidays", Pos: at(5)}},
			Approvals: &policy.Approvals{Count: 2, From: []string{"alice", "org/release"}, Pos: at(4)}, Override: []string{"boss"}},
	}}
}

// good are facts that meet all of it.
func good() policy.Facts {
	return policy.Facts{Model: "clf", Version: "v1.2.0", Stage: "production", Now: now, Digest: digest, Commit: commit,
		Stays: map[string]policy.Stay{"staging": {From: now.Add(-25 * time.Hour)}},
		Evaluation: policy.Tell(&record.Digest{Commit: commit, Artifact: digest, Steps: map[string]record.StepDigest{"gate": {Outcome: finding.Pass}, "drift": {Outcome: finding.Warn}, "compare": {Outcome: finding.Pass}},
			Compared: []record.ComparisonDigest{{Champion: "old", Challenger: "new", Verdict: compare.Better}}}, nil),
		Branches: policy.Tell([]string{"feature", "release/1.2"}, nil), Workflow: ".github/workflows/promote.yml", IsDefault: true, Actor: "Releaser", Authors: []string{"author"},
		Approvals: policy.Tell([]policy.Approval{{By: "Alice", Way: policy.ByComment}, {By: "bob", Way: policy.ByEnvironment, Environment: "production",
			Teams: map[string]policy.Told[bool]{"org/release": policy.Tell(true, nil)}}}, nil)}
}

func TestAVersionThatMeetsEveryRuleMayGo(t *testing.T) {
	d := policy.Decide(strict(), good())
	require.Empty(t, d.Missing())
	require.True(t, d.Allowed())
	require.Equal(t, "Alice (comment), bob (environment)", d.Approvers())
	for _, f := range d.Findings() {
		require.False(t, f.Blocks(), f.Message)
	}
	require.Equal(t, "clf@v1.2.0 to production may go: 12 of 12 rules are met", d.Blocks()[0].(finding.Line).Text)
	var rules []string
	for _, c := range d.Checks {
		rules = append(rules, c.Rule)
	}
	require.Equal(t, []string{"evaluated", "needs", "needs", "needs", "compare", "stage-before", "minimum-time", "branches", "workflows", "actors", "freeze", "approvals"}, rules)
}

// One thing is missing, and that one thing is told.
func TestEachRule(t *testing.T) {
	evaluated := func(change func(*record.Digest)) func(*policy.Facts, *policy.Stage) {
		return func(f *policy.Facts, _ *policy.Stage) { change(f.Evaluation.Value) }
	}
	away := errors.New("GitHub is away")
	for name, c := range map[string]struct {
		change func(*policy.Facts, *policy.Stage)
		rule   string
		says   string
	}{
		"no digest":                {func(f *policy.Facts, _ *policy.Stage) { f.Digest = "" }, "evaluated", "no digest of its model"},
		"never judged":             {func(f *policy.Facts, _ *policy.Stage) { f.Evaluation.Value = nil }, "evaluated", "no check run at 89abcdef0123 judged the model 0123456789ab"},
		"results cannot be read":   {func(f *policy.Facts, _ *policy.Stage) { f.Evaluation = policy.Tell[*record.Digest](nil, away) }, "evaluated", "GitHub is away"},
		"a gate that blocks":       {evaluated(func(d *record.Digest) { d.Steps["gate"] = record.StepDigest{Outcome: finding.Fail, Blocks: true} }), "needs", "the step gate ended in fail"},
		"a gate without verdict":   {evaluated(func(d *record.Digest) { d.Steps["gate"] = record.StepDigest{} }), "needs", "the step gate ended in unknown"},
		"a step that did not run":  {evaluated(func(d *record.Digest) { delete(d.Steps, "drift") }), "needs", "says nothing of the step drift"},
		"a comparison that failed": {evaluated(func(d *record.Digest) { d.Steps["compare"] = record.StepDigest{Outcome: finding.NotRun, Blocks: true} }), "needs", "the step compare ended in not-run"},
		"only not worse":           {evaluated(func(d *record.Digest) { d.Compared[0].Verdict = compare.NotWorse }), "compare", "new against old: not worse; needed: better"},
		"inconclusive":             {evaluated(func(d *record.Digest) { d.Compared[0].Verdict = compare.Inconclusive }), "compare", "inconclusive"},
		"a verdict that is none":   {evaluated(func(d *record.Digest) { d.Compared[0].Verdict = "superb" }), "compare", "needed: better"},
		"never compared":           {evaluated(func(d *record.Digest) { d.Compared = nil }), "compare", "no comparison"},
		"staging is skipped":       {func(f *policy.Facts, _ *policy.Stage) { f.Stays = nil }, "stage-before", "the version was never in staging"},
		"too short in staging": {func(f *policy.Facts, _ *policy.Stage) {
			f.Stays["staging"] = policy.Stay{From: now.Add(-23 * time.Hour)}
		}, "minimum-time", "it was in staging for 23h0m0s, and must be for 24h0m0s"},
		"it left staging too early": {func(f *policy.Facts, _ *policy.Stage) {
			f.Stays["staging"] = policy.Stay{From: now.Add(-99 * time.Hour), To: now.Add(-98 * time.Hour)}
		}, "minimum-time", "for 1h0m0s"},
		"a clock that went back": {func(f *policy.Facts, _ *policy.Stage) { f.Stays["staging"] = policy.Stay{From: now.Add(time.Hour)} }, "minimum-time", "for -1h0m0s"},
		"another branch": {func(f *policy.Facts, _ *policy.Stage) {
			f.Branches = policy.Tell([]string{"release/1/2", "mainly"}, nil)
		}, "branches", "no allowed branch"},
		"branches unknown":        {func(f *policy.Facts, _ *policy.Stage) { f.Branches = policy.Tell[[]string](nil, away) }, "branches", "GitHub is away"},
		"no workflow":             {func(f *policy.Facts, _ *policy.Stage) { f.Workflow = "" }, "workflows", "no workflow promotes"},
		"another workflow":        {func(f *policy.Facts, _ *policy.Stage) { f.Workflow = ".github/workflows/evil.yml" }, "workflows", "evil.yml may not promote"},
		"a branch's own workflow": {func(f *policy.Facts, _ *policy.Stage) { f.IsDefault = false }, "workflows", "is not the default branch's"},
		"another actor":           {func(f *policy.Facts, _ *policy.Stage) { f.Actor = "mallory" }, "actors", "mallory may not promote"},
		"nobody known":            {func(f *policy.Facts, _ *policy.Stage) { f.Actor = "" }, "actors", "who promotes could not be told"},
		"a freeze":                {func(f *policy.Facts, _ *policy.Stage) { f.Now = time.Date(2027, 1, 5, 23, 59, 0, 0, time.UTC) }, "freeze", "frozen: holidays"},
		"one approval":            {func(f *policy.Facts, _ *policy.Stage) { f.Approvals.Value = f.Approvals.Value[:1] }, "approvals", "1 of 2 approvals: Alice (comment)"},
		"approvals unknown":       {func(f *policy.Facts, _ *policy.Stage) { f.Approvals = policy.Tell[[]policy.Approval](nil, away) }, "approvals", "GitHub is away"},
		"a stage of nobody's":     {func(f *policy.Facts, _ *policy.Stage) { f.Stage = "nowhere" }, "stage", `release names no stage "nowhere"`},
	} {
		t.Run(name, func(t *testing.T) {
			spec, facts := strict(), good()
			stage := spec.Stages["production"]
			c.change(&facts, &stage)
			spec.Stages["production"] = stage
			d := policy.Decide(spec, facts)
			require.False(t, d.Allowed())
			require.Len(t, d.Missing(), 1, "%v", d.Missing())
			require.Equal(t, c.rule, d.Missing()[0].Rule)
			require.Contains(t, d.Missing()[0].Message, c.says)
			require.True(t, d.Missing()[0].Pos.IsKnown())
			blocks := 0
			for _, f := range d.Findings() {
				if f.Blocks() {
					blocks++
				}
			}
			require.Equal(t, 1, blocks, "what is missing blocks, also where nobody could tell")
		})
	}
}

// A refusal lists all of it, never only the first.
func TestARefusalListsEverything(t *testing.T) {
	d := policy.Decide(strict(), policy.Facts{Model: "clf", Version: "v1.2.0", Stage: "production", Digest: digest, Commit: commit, Now: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)})
	var rules []string
	for _, c := range d.Missing() {
		rules = append(rules, c.Rule)
	}
	require.Equal(t, []string{"evaluated", "stage-before", "branches", "workflows", "actors", "freeze", "approvals"}, rules)
	require.Contains(t, d.Blocks()[0].(finding.Line).Text, "may not go: 7 of 7 rules are not met")
}

// Without rules of its own a stage still asks for an evaluation of that very model, and for its gates.
func TestNothingIsPromotedThatWasNotJudged(t *testing.T) {
	spec := policy.Spec{Stages: map[string]policy.Stage{"staging": {}}}
	facts := policy.Facts{Stage: "staging", Digest: digest, Commit: commit}
	require.False(t, policy.Decide(spec, facts).Allowed())
	facts.Evaluation.Value = &record.Digest{Steps: map[string]record.StepDigest{"train": {Outcome: finding.Pass}}}
	require.False(t, policy.Decide(spec, facts).Allowed())
	facts.Evaluation.Value.Steps["gate"] = record.StepDigest{Outcome: finding.Pass}
	require.True(t, policy.Decide(spec, facts).Allowed())
	require.False(t, policy.Decision{}.Allowed(), "of no rule nothing follows")
}

func TestSkippingWhereItIsAllowed(t *testing.T) {
	spec, facts := strict(), good()
	stage := spec.Stages["production"]
	stage.AllowSkip = true
	spec.Stages["production"], facts.Stays = stage, nil
	require.True(t, policy.Decide(spec, facts).Allowed())
}

func TestOnlyWhoIsNamedMaySetRulesAside(t *testing.T) {
	spec, facts := strict(), good()
	facts.Stays = nil
	for _, c := range []struct {
		actor, reason string
		allowed       bool
	}{{"boss", "the incident of today", true}, {"boss", "", false}, {"releaser", "please", false}, {"", "please", false}} {
		facts.Actor, facts.Override = c.actor, c.reason
		d := policy.Decide(spec, facts)
		require.Equal(t, c.allowed, d.Allowed(), c.actor)
		require.NotEmpty(t, d.Missing(), "what is missing stays told")
		if c.allowed {
			require.Equal(t, &policy.Override{By: "boss", Reason: "the incident of today"}, d.Overridden)
			for _, f := range d.Findings() {
				require.False(t, f.Blocks(), f.Message)
			}
		}
	}
	facts = good()
	facts.Override = "just in case"
	require.Nil(t, policy.Decide(spec, facts).Overridden, "nothing was to be set aside")
}

func TestAWayBackAsksOnlyWhoTakesIt(t *testing.T) {
	facts := policy.Facts{Model: "clf", Version: "v1.1.0", Stage: "production", Now: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		Workflow: ".github/workflows/promote.yml", IsDefault: true, Actor: "releaser"}
	require.True(t, policy.Rollback(strict(), facts).Allowed())
	facts.Actor = "mallory"
	require.False(t, policy.Rollback(strict(), facts).Allowed())
	require.True(t, policy.Rollback(policy.Spec{}, facts).Allowed(), "a stage without rules")
}

// Two policies that ask the same are the same, wherever they stand; the order of stages counts.
func TestTheDigestOfAPolicy(t *testing.T) {
	moved := strict()
	for name, stage := range moved.Stages {
		stage.Pos.Line += 10
		moved.Stages[name] = stage
	}
	require.Equal(t, strict().Digest(), moved.Digest())
	require.True(t, strings.HasPrefix(moved.Digest(), "sha256:"))
	turned := strict()
	stage := turned.Stages["production"]
	stage.Pos = at(1)
	turned.Stages["production"] = stage
	require.Equal(t, []string{"production", "staging"}, turned.Order())
	require.NotEqual(t, strict().Digest(), turned.Digest())
	stage.MinimumTime++
	turned.Stages["production"] = stage
	require.NotEqual(t, strict().Digest(), turned.Digest())
}

func TestInputsAreFilledInOnce(t *testing.T) {
	d := policy.Dispatch{Workflow: "deploy.yml", Inputs: map[string]string{"model": "{model}@{version}", "where": "{location}", "odd": "{unknown} {}"}}
	filled := d.Filled(map[string]string{"model": "{version}", "version": "v1", "location": ""})
	require.Equal(t, map[string]string{"model": "{version}@v1", "where": "", "odd": "{unknown} {}"}, filled)
	require.Equal(t, "unknown", policy.UnknownPlace("{version} {unknown}"))
	require.Empty(t, policy.UnknownPlace("{version} {} ${{ x }}"))
}
