package registry_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/registry"
)

var stages = registry.Stages{}.OrDefaults()

// happened is a log of events, each a second after the one before.
func happened(events ...registry.Event) registry.Log {
	for i := range events {
		events[i].At = time.Unix(int64(1_800_000_000+i), 0).UTC()
		events[i].Number = i + 1
	}
	return registry.Log{Model: "clf", Events: events}
}

func registered(version, sha string) registry.Event {
	return registry.Event{Kind: registry.Registered, Version: version, Commit: sha}
}

func assigned(version, stage string) registry.Event {
	return registry.Event{Kind: registry.Assigned, Version: version, Stage: stage}
}

func unassigned(version, stage string) registry.Event {
	return registry.Event{Kind: registry.Unassigned, Version: version, Stage: stage}
}

func holder(l registry.Log, stage string) string {
	if version := l.Of().Holder(stage); version != nil {
		return version.Name
	}
	return ""
}

// What GTO 1.10.1 answers to the same tags: `gto show` in gittag's peers test.
func TestWhoHoldsAStage(t *testing.T) {
	one, two := registered("v1.0.0", "a"), registered("v2.0.0", "b")
	for name, c := range map[string]struct {
		log  registry.Log
		want string
	}{
		"nobody":                   {happened(one), ""},
		"the last one that got it": {happened(one, two, assigned("v2.0.0", "prod"), assigned("v1.0.0", "prod")), "v1.0.0"},
		"the one before, after the last one left": {happened(one, two, assigned("v1.0.0", "prod"), assigned("v2.0.0", "prod"), unassigned("v2.0.0", "prod")), "v1.0.0"},
		"nobody, where the one before left too":   {happened(one, two, assigned("v1.0.0", "prod"), unassigned("v1.0.0", "prod"), assigned("v2.0.0", "prod"), unassigned("v2.0.0", "prod")), ""},
		"the one before, after the last one was taken back": {happened(one, two, assigned("v1.0.0", "prod"), assigned("v2.0.0", "prod"),
			registry.Event{Kind: registry.Deregistered, Version: "v2.0.0"}), "v1.0.0"},
		"again who came again":            {happened(one, two, assigned("v1.0.0", "prod"), assigned("v2.0.0", "prod"), unassigned("v1.0.0", "prod"), assigned("v1.0.0", "prod")), "v1.0.0"},
		"a commit that nobody registered": {happened(assigned("0123456789012345678901234567890123456789", "prod")), "0123456789012345678901234567890123456789"},
		"leaving what it never had":       {happened(one, unassigned("v1.0.0", "prod")), ""},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, holder(c.log, "prod")) })
	}
}

func TestAssignmentsOfOneSecondGoByTheirNumbers(t *testing.T) {
	log := happened(registered("v1.0.0", "a"), registered("v2.0.0", "b"), assigned("v1.0.0", "prod"), assigned("v2.0.0", "prod"))
	log.Events[3].At = log.Events[2].At
	require.Equal(t, "v2.0.0", holder(log, "prod"))
	log.Events[2].Number = 9
	require.Equal(t, "v1.0.0", holder(log, "prod"))
}

func TestAModelIsDeprecatedUntilSomebodyGoesOnWithIt(t *testing.T) {
	gone := registry.Event{Kind: registry.Deprecated, Reason: "over"}
	require.Equal(t, "over", happened(registered("v1.0.0", "a"), gone).Of().Deprecated.Reason)
	require.Nil(t, happened(registered("v1.0.0", "a"), gone, assigned("v1.0.0", "prod")).Of().Deprecated)
	require.NotNil(t, happened(registered("v1.0.0", "a"), gone, registry.Event{Kind: registry.Annotated, Version: "v1.0.0"}).Of().Deprecated)
}

func TestNotesAddUpAndEmptyOnesGo(t *testing.T) {
	note := func(notes map[string]string) registry.Event {
		return registry.Event{Kind: registry.Annotated, Version: "v1.0.0", Notes: notes}
	}
	state := happened(registered("v1.0.0", "a"), note(map[string]string{"a": "1", "b": "2"}), note(map[string]string{"a": "", "c": "3"})).Of()
	require.Equal(t, map[string]string{"b": "2", "c": "3"}, state.Version("v1.0.0").Notes)
}

func TestRefs(t *testing.T) {
	for text, want := range map[string]registry.Ref{
		"clf":                   {Model: "clf"},
		"clf@v1.2.0":            {Model: "clf", Version: "v1.2.0"},
		"clf@v1.2.0-rc.1+b-5":   {Model: "clf", Version: "v1.2.0-rc.1+b-5"},
		"clf@latest":            {Model: "clf", Version: "latest"},
		"team/clf_2#production": {Model: "team/clf_2", Stage: "production"},
		"sub.dir/x:clf@v0.0.1":  {Model: "sub.dir/x:clf", Version: "v0.0.1"},
	} {
		got, err := registry.ParseRef(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, text, got.String())
	}
	for _, text := range []string{"", "@v1.0.0", "#production", "clf@", "clf#", "clf@1.2.0", "clf@v1.2", "clf@v01.2.3", "clf@V1.2.3", "clf@v1.2.3@x", "clf#a#b", "clf#a b", "a//b@v1.0.0", "a/../b",
		"clf@v1.0.0\n", "../etc:clf", "x.lock/y:clf", "clf\x00", "\xff"} {
		_, err := registry.ParseRef(text)
		require.Error(t, err, "%q", text)
	}
}

func TestVersionsAreOrderedByPrecedence(t *testing.T) {
	ordered := []string{"abc", "v0.9.9", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-rc.9", "v1.0.0-rc.10", "v1.0.0", "v1.0.0+a", "v1.10.0", "v10.0.0"} // semver.org, §11
	for i := range ordered[1:] {
		require.Negative(t, registry.Compare(ordered[i], ordered[i+1]), "%s before %s", ordered[i], ordered[i+1])
		require.Positive(t, registry.Compare(ordered[i+1], ordered[i]))
	}
	require.Zero(t, registry.Compare("v1.0.0", "v1.0.0"))
}

func TestTheNextVersion(t *testing.T) {
	require.Equal(t, "v0.0.1", registry.Next("", ""))
	require.Equal(t, "v1.2.4", registry.Next("v1.2.3", ""))
	require.Equal(t, "v1.3.0", registry.Next("v1.2.3", registry.Minor))
	require.Equal(t, "v2.0.0", registry.Next("v1.2.3", registry.Major))
	require.Equal(t, "v1.2.3", registry.Next("v1.2.3-rc.1", registry.Patch), "a release candidate's next is the release; GTO's too")
}

func TestAStageIsFoundHoweverItIsWritten(t *testing.T) {
	name, ok := stages.Find("Production")
	require.True(t, ok)
	require.Equal(t, "production", name)
	_, ok = stages.Find("prod")
	require.False(t, ok)
}

func FuzzParseRef(f *testing.F) {
	for _, seed := range []string{"clf@v1.2.0", "clf#production", "a/b:c@latest", "clf@v1.2.0-rc.1+x", "@", "#", "a\xff#b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := registry.ParseRef(text)
		if err != nil {
			return
		}
		require.Equal(t, text, ref.String())
		again, err := registry.ParseRef(ref.String())
		require.NoError(t, err)
		require.Equal(t, ref, again)
	})
}
