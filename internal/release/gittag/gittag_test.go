package gittag_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
)

var stages = registry.Stages{}.OrDefaults()

func deed(at int64) registry.Deed {
	return registry.Deed{By: "ann <ann@example.com>", Reason: "because", Now: time.Unix(1_900_000_000+at, 0)}
}

// write reads, plans and writes.
func write(t *testing.T, m *memory, plan func(registry.Log) ([]registry.Event, error)) {
	t.Helper()
	require.NoError(t, tryWrite(t, m, plan))
}

func tryWrite(t *testing.T, m *memory, plan func(registry.Log) ([]registry.Event, error)) error {
	t.Helper()
	log := read(t, m)
	events, err := plan(log)
	require.NoError(t, err)
	return gittag.New(m).Write(t.Context(), "clf", log.Revision, events)
}

func register(version, sha string) func(registry.Log) ([]registry.Event, error) {
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Version: version, Commit: sha}, deed(0))
	}
}

func promote(version string, at int64) func(registry.Log) ([]registry.Event, error) {
	return func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(stages, version, stages.Production, true, deed(at))
	}
}

// served is a registry with v1 in production and v2 in staging.
func served(t *testing.T) *memory {
	t.Helper()
	m, commit := newMemory(), commits()
	write(t, m, register("v1.0.0", commit(t)))
	write(t, m, register("v2.0.0", commit(t)))
	write(t, m, promote("v1.0.0", 10))
	write(t, m, func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(stages, "v2.0.0", stages.Staging, true, deed(20))
	})
	return m
}

func (m *memory) copy() *memory {
	fresh := newMemory()
	for name, ref := range m.refs {
		fresh.refs[name] = ref
	}
	return fresh
}

// foreign is a tag as GTO writes it.
func (m *memory) foreign(name, commit, message string, at int64) {
	m.move(gittag.Move{Ref: "refs/tags/" + name, Tag: &gittag.Tag{Commit: commit, Name: "bob", Email: "bob@example.com", At: time.Unix(1_900_000_000+at, 0).UTC(), Message: message + "\n"}})
}

func faults(t *testing.T, m *memory) []string {
	t.Helper()
	found, err := gittag.New(m).Verify(t.Context(), "clf")
	require.NoError(t, err)
	var all []string
	for _, f := range found {
		all = append(all, f.Tag+": "+f.Message)
	}
	return all
}

// recorder keeps the moves of an update, and makes none.
type recorder struct {
	*memory
	moves []gittag.Move
}

func (r *recorder) Update(_ context.Context, moves []gittag.Move) error {
	r.moves = moves
	return errors.New("the power went out")
}

// git's refs are files, and a transaction of them that is killed leaves any part of it. Whatever is left of a promotion, what is read is the
// state before it or after it, and the next write takes the one away or completes the other.
func TestAnyPartOfAPromotionIsFinishedOrUndone(t *testing.T) {
	before := served(t)
	whole := &recorder{memory: before.copy()}
	log := read(t, before)
	events, err := promote("v2.0.0", 30)(log)
	require.NoError(t, err)
	require.Error(t, gittag.New(whole).Write(t.Context(), "clf", log.Revision, events))
	require.Len(t, whole.moves, 5, "four tags and the model's ref")
	done, undone := 0, 0
	for part := range 1 << len(whole.moves) {
		m := before.copy()
		for i, move := range whole.moves {
			if part&(1<<i) != 0 {
				m.move(move)
			}
		}
		now := read(t, m)
		switch len(now.Events) {
		case len(log.Events):
			require.Equal(t, log.Events, now.Events)
			undone++
		default:
			require.Equal(t, slices.Concat(log.Events, events), now.Events, "part %b", part)
			done++
		}
		require.Equal(t, part == 0 || part == 1<<len(whole.moves)-1, len(faults(t, m)) == 0, "part %b is noticed: %v", part, faults(t, m))
		write(t, m, func(l registry.Log) ([]registry.Event, error) {
			return l.Annotate("v1.0.0", map[string]string{"seen": "yes"}, deed(40))
		})
		require.Len(t, read(t, m).Events, len(now.Events)+1)
		require.Empty(t, faults(t, m), "part %b is mended", part)
	}
	require.Equal(t, 17, done, "wherever the model's ref moved, and where all tags are there")
	require.Equal(t, 15, undone)
}

// A write is one update, so nothing can be read between its parts; and it moves no ref that it does not have to.
func TestAPromotionIsOneUpdate(t *testing.T) {
	m := &recorder{memory: served(t)}
	log := read(t, m.memory)
	events, err := promote("v2.0.0", 30)(log)
	require.NoError(t, err)
	require.Error(t, gittag.New(m).Write(t.Context(), "clf", log.Revision, events))
	var refs []string
	for _, move := range m.moves {
		refs = append(refs, move.Ref)
		require.Equal(t, move.Ref == "refs/assay/registry/clf", move.Before != "")
	}
	require.Equal(t, []string{"refs/tags/clf#production!#3", "refs/tags/clf#archived#4", "refs/tags/clf#staging!#5", "refs/tags/clf#production#6", "refs/assay/registry/clf"}, refs)
}

// GTO knows nothing of the model's ref: what it writes between our reading and our writing must refuse us, or be told.
func TestTagsOfGTOAreNoticed(t *testing.T) {
	m := served(t)
	log := read(t, m)
	events, err := promote("v2.0.0", 30)(log)
	require.NoError(t, err)
	m.foreign("clf#canary#3", log.Events[0].Commit, "Assigning stage canary to artifact clf version v1.0.0", 25)
	require.ErrorIs(t, gittag.New(m).Write(t.Context(), "clf", log.Revision, events), registry.ErrMoved)

	log = read(t, m)
	require.Equal(t, 3, log.Highest)
	last := log.Events[len(log.Events)-1]
	require.Equal(t, registry.Event{Kind: registry.Assigned, Version: "v1.0.0", Stage: "canary", Number: 3, Commit: log.Events[0].Commit, At: last.At, By: "bob <bob@example.com>"}, last)
	m.between = func() {
		m.between = nil
		m.foreign("clf#canary#4", log.Events[1].Commit, "by hand", 26)
	}
	require.ErrorIs(t, tryWrite(t, m, promote("v2.0.0", 30)), registry.ErrRaced)
	require.Equal(t, "v2.0.0", read(t, m).Of().Holder("production").Name, "both stand")
}

func TestAnAnswerThatWasLost(t *testing.T) {
	m := served(t)
	m.ends = registry.ErrUnsure
	require.NoError(t, tryWrite(t, m, promote("v2.0.0", 30)), "looking again shows that it was taken")
	log := read(t, m)
	broken := &unsure{memory: m}
	events, err := log.Deprecate("v1.0.0", deed(50))
	require.NoError(t, err)
	require.ErrorIs(t, gittag.New(broken).Write(t.Context(), "clf", log.Revision, events), registry.ErrUnsure, "it may still be taken")
	broken.isBeaten = true
	require.ErrorIs(t, gittag.New(broken).Write(t.Context(), "clf", log.Revision, events), registry.ErrUnsure, "a tag of the same name is not ours")
}

// unsure moves nothing, and cannot say so; where it is beaten, somebody else gives out the same number.
type unsure struct {
	*memory
	isBeaten bool
}

func (u unsure) Update(_ context.Context, moves []gittag.Move) error {
	if u.isBeaten {
		tag := *moves[0].Tag
		tag.Message = "another's"
		u.move(gittag.Move{Ref: moves[0].Ref, Tag: &tag})
	}
	return registry.ErrUnsure
}

func TestWhatIsNoEvent(t *testing.T) {
	m := served(t)
	events := read(t, m).Events
	m.refs["refs/tags/clf#production#90"] = gittag.Ref{Name: "refs/tags/clf#production#90", OID: "1"}
	m.foreign("clf@v8.0.0", "", "on a tree", 99)
	m.move(gittag.Move{Ref: "refs/tags/clf@v9.0.0", Tag: &gittag.Tag{Commit: events[0].Commit, Message: "nobody"}})
	for _, name := range []string{"clf@v1", "clf@1.0.0", "clf#", "clf#a#b", "clf#a#-1", "clf#a#99999999999999999999", "clf@v1.0.0@other#1", "clf#stage\xff#1", "v1.0.0", "clf2@v1.0.0"} {
		m.foreign(name, events[0].Commit, "x", 99)
	}
	require.Equal(t, events, read(t, m).Events)
	require.Equal(t, 90, read(t, m).Highest, "its number is taken all the same")
	require.Equal(t, []string{
		"clf#production#90: is a lightweight tag, which says neither who nor when: it is no event",
		"clf@v8.0.0: is on no commit: it is no event",
		"clf@v9.0.0: does not say when it was made: it is no event",
	}, faults(t, m))
	write(t, m, promote("v2.0.0", 100))
	require.Equal(t, "v2.0.0", read(t, m).Of().Holder("production").Name)
}

func TestHostileMessages(t *testing.T) {
	m := served(t)
	sha := read(t, m).Events[0].Commit
	for name, message := range map[string]string{
		"clf#a#10": strings.Repeat("x", 1<<20),
		"clf#b#11": "\xff\xfe",
		"clf#c#12": `{"assay":1,"with":` + strings.Repeat("[", 5000),
		"clf#d#13": `{"assay":2,"by":"later"}`,
		"clf#e#14": "title\n\n{\"assay\":1,\"by\":\"eve\",\"reason\":\"<b>\"}\n-----BEGIN PGP SIGNATURE-----\n",
		"clf#f#15": "",
	} {
		m.foreign(name, sha, message, 200)
	}
	log := read(t, m)
	by := map[string]registry.Event{}
	for _, e := range log.Events {
		by[e.Stage] = e
	}
	require.Len(t, log.Events, 10)
	require.Equal(t, "\uFFFD", by["b"].Reason)
	require.Equal(t, "eve", by["e"].By)
	require.Equal(t, "<b>", by["e"].Reason)
	require.Equal(t, "bob <bob@example.com>", by["d"].By, "a line of a later format is none of ours")
	_, err := json.Marshal(log)
	require.NoError(t, err)
	write(t, m, promote("v2.0.0", 300))
}

// Anybody who may push can write the model's ref.
func TestAForgedHeadIsNoHead(t *testing.T) {
	for _, text := range []string{"", "{}", "null", `{"assay":1,"model":"other"}`, `{"assay":1,"model":"clf","write":[{"tag":"other@v1.0.0"}]}`,
		`{"assay":1,"model":"clf","highest":1,"write":[{"tag":"clf#production#7","commit":"x"}]}`, `{"assay":1,"model":"clf","highest":9,"write":[{"tag":"clf#production#7","commit":"x y"}]}`} {
		m := served(t)
		events := read(t, m).Events
		head := m.refs["refs/assay/registry/clf"]
		m.refs["refs/assay/registry/clf"] = gittag.Ref{Name: head.Name, OID: "0123", Text: text}
		require.Equal(t, events, read(t, m).Events, text)
		require.NotEmpty(t, faults(t, m))
		write(t, m, promote("v2.0.0", 30))
		require.Empty(t, faults(t, m))
	}
}

func TestVerifyNoticesWhatWasDoneToTags(t *testing.T) {
	sound := served(t)
	require.Empty(t, faults(t, sound))
	sha := read(t, sound).Events[0].Commit
	for name, c := range map[string]struct {
		harm func(m *memory)
		want string
	}{
		"taken away": {func(m *memory) { delete(m.refs, "refs/tags/clf#production#1") }, "taken away since Assay wrote last"},
		"another time": {func(m *memory) {
			m.foreign("clf#production#1", sha, "Assigning stage production to artifact clf version v1.0.0", 15)
		}, "changed"},
		"another commit":       {func(m *memory) { m.foreign("clf@v1.0.0", strings.Repeat("d", 40), "x", 0) }, "changed"},
		"the last one is gone": {func(m *memory) { delete(m.refs, "refs/tags/clf#staging#2") }, "the next write puts it back"},
		"the ref is gone":      {func(m *memory) { delete(m.refs, "refs/assay/registry/clf") }, "without refs/assay/registry/clf"},
		"out of order":         {func(m *memory) { m.foreign("clf#canary#3", sha, "x", 5) }, "clf#canary#3: has a time before that of clf#staging#2"},
		"of one second":        {func(m *memory) { m.foreign("clf#canary#3", sha, "x", 20) }, "of the same second as clf#staging#2"},
		"one of GTO's":         {func(m *memory) { m.foreign("clf#canary#3", sha, "x", 50) }, "tags were added since Assay wrote last, by GTO or by hand: 1"},
	} {
		t.Run(name, func(t *testing.T) {
			m := sound.copy()
			c.harm(m)
			require.Contains(t, strings.Join(faults(t, m), "\n"), c.want)
		})
	}
}

func TestATooLongMessageIsRefused(t *testing.T) {
	m := served(t)
	log := read(t, m)
	events, err := log.Annotate("v1.0.0", map[string]string{"text": strings.Repeat("x", 1<<17)}, deed(9))
	require.NoError(t, err)
	require.ErrorContains(t, gittag.New(m).Write(t.Context(), "clf", log.Revision, events), "at most 65536")
	require.Equal(t, log, read(t, m))
}

func TestTaggers(t *testing.T) {
	m, commit := newMemory(), commits()
	for i, c := range []struct{ by, name, email string }{
		{"octocat", "octocat", "nobody@localhost"},
		{"Ann B <ann@example.com>", "Ann B", "ann@example.com"},
		{"", "assay", "nobody@localhost"},
		{"a\nb <c\nd> e", "a b", "c d e"},
		{"<<>>\x00\xff", "assay", "nobody@localhost"},
	} {
		write(t, m, func(l registry.Log) ([]registry.Event, error) {
			return l.Register(registry.Entry{Commit: commit(t)}, registry.Deed{By: c.by, Now: time.Unix(1, 0)})
		})
		tag := m.refs[fmt.Sprintf("refs/tags/clf@v0.0.%d", i+1)].Tag
		require.Equal(t, c.name, tag.Name)
		require.Equal(t, c.email, tag.Email)
	}
}

func TestModelsInFoldersHaveRefsOfTheirOwn(t *testing.T) {
	m, commit := newMemory(), commits()
	for _, model := range []string{"a", "a/b", "dir/x:a", "a-b"} {
		log, err := gittag.New(m).Read(t.Context(), model)
		require.NoError(t, err)
		events, err := log.Register(registry.Entry{Version: "v1.0.0", Commit: commit(t)}, deed(0))
		require.NoError(t, err)
		require.NoError(t, gittag.New(m).Write(t.Context(), model, log.Revision, events))
	}
	require.Contains(t, m.refs, "refs/tags/dir/x=a@v1.0.0", "GTO writes the colon so")
	require.Contains(t, m.refs, "refs/assay/registry/a+b")
	models, err := gittag.New(m).Models(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a", "a-b", "a/b", "dir/x:a"}, models)
}

// FuzzTag reads whatever a tag may be called and say: it is an event of its model or none, and what is read can be written on.
func FuzzTag(f *testing.F) {
	f.Add("clf@v1.0.0", "Registering artifact clf version v1.0.0\n", `{"assay":1,"model":"clf"}`, int64(5))
	f.Add("clf#production!#7", `{"assay":1,"by":"x","with":["clf#a#1"]}`, "", int64(1))
	f.Add("clf@v1.0.0@annotated#3", `{"assay":1,"notes":{"a":""}}`, `{"assay":1,"model":"clf","highest":-5,"events":-1}`, int64(-1))
	f.Add("clf@deprecated#1099511627777", "\xff", `{"assay":1,"model":"clf","highest":9223372036854775807}`, int64(1)<<62)
	f.Add("a/b=clf#s/t#2", "", `{"assay":1,"model":"clf","events":99}`, int64(0))
	f.Fuzz(func(t *testing.T, name, message, head string, at int64) {
		m := served(t)
		m.foreign(name, strings.Repeat("e", 40), message, at%(1<<40))
		m.refs["refs/assay/registry/clf"] = gittag.Ref{Name: "refs/assay/registry/clf", OID: "1", Text: head}
		log := read(t, m)
		_, err := gittag.New(m).Verify(t.Context(), "clf")
		require.NoError(t, err)
		for i := 1; i < len(log.Events); i++ {
			require.False(t, log.Events[i].At.Before(log.Events[i-1].At))
		}
		log.Of()
		_ = tryWrite(t, m, func(l registry.Log) ([]registry.Event, error) {
			return l.Annotate("v1.0.0", map[string]string{"k": "v"}, deed(9))
		})
	})
}
