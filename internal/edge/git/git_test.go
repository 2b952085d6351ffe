package git_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/git"
)

// do runs git as a user would, and answers with what it printed.
func do(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "init.defaultBranch=main",
		"-c", "uploadpack.allowAnySHA1InWant=true", "-c", "safe.directory=*"}, args...)...)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// history is a repository with two commits on main, a branch of one commit, and the test merge of both checked out:
//
//	first ── second ── merge (HEAD)
//	    └── head ──────┘
type history struct{ dir, first, second, head, merge string }

func newHistory(t *testing.T) history {
	h := history{dir: t.TempDir()}
	do(t, h.dir, "init", "-q")
	write(t, filepath.Join(h.dir, "sub", "metrics.json"), `{"auc": 0.7}`)
	do(t, h.dir, "add", "-A")
	do(t, h.dir, "commit", "-qm", "first")
	h.first = do(t, h.dir, "rev-parse", "HEAD")
	do(t, h.dir, "checkout", "-qb", "feature")
	write(t, filepath.Join(h.dir, "new.txt"), "new")
	do(t, h.dir, "add", "-A")
	do(t, h.dir, "commit", "-qm", "head")
	h.head = do(t, h.dir, "rev-parse", "HEAD")
	do(t, h.dir, "checkout", "-q", "main")
	write(t, filepath.Join(h.dir, "sub", "metrics.json"), `{"auc": 0.8}`)
	do(t, h.dir, "commit", "-qam", "second")
	h.second = do(t, h.dir, "rev-parse", "HEAD")
	do(t, h.dir, "checkout", "-q", "--detach")
	do(t, h.dir, "merge", "-q", "--no-ff", "-m", "merge", "feature")
	h.merge = do(t, h.dir, "rev-parse", "HEAD")
	return h
}

func base(t *testing.T, dir string, hint git.BaseHint) string {
	t.Helper()
	r, err := git.Open(t.Context(), dir, git.Options{})
	require.NoError(t, err)
	sha, err := r.Against(hint).Base(t.Context())
	require.NoError(t, err)
	return sha
}

func TestTheBaseOfATestMergeIsItsFirstParent(t *testing.T) {
	h := newHistory(t)
	require.Equal(t, h.second, base(t, h.dir, git.BaseHint{HeadSHA: h.head, BaseRef: "main"}))
}

func TestTheBaseOfABranchIsWhereItLeftItsTarget(t *testing.T) {
	h := newHistory(t)
	do(t, h.dir, "checkout", "-q", "feature")
	require.Equal(t, h.first, base(t, h.dir, git.BaseHint{HeadSHA: h.head, BaseRef: "main"}))
	require.Equal(t, h.first, base(t, h.dir, git.BaseHint{}), "outside of Actions the target is the default branch")
}

func TestTheBaseOfWorkOnTheDefaultBranchIsItsLastCommit(t *testing.T) {
	h := newHistory(t)
	do(t, h.dir, "checkout", "-q", "main")
	require.Equal(t, h.second, base(t, h.dir, git.BaseHint{}))
}

func TestAMergeGroupNamesItsBase(t *testing.T) {
	h := newHistory(t)
	require.Equal(t, h.first, base(t, h.dir, git.BaseHint{BaseSHA: h.first}))
	require.Equal(t, h.second, base(t, h.dir, git.BaseHint{BaseSHA: strings.Repeat("0", 40), HeadSHA: h.head}), "a new branch was nothing before")
}

// The ways in which branches come to be what they are. Each prepares a repository and answers with the hint of its event and
// with the base that is right.
func TestTheBaseOfWhatPeopleDoToBranches(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, history) (git.BaseHint, string){
		"rebased": func(t *testing.T, h history) (git.BaseHint, string) {
			do(t, h.dir, "checkout", "-q", "feature")
			do(t, h.dir, "rebase", "-q", "main")
			return git.BaseHint{HeadSHA: do(t, h.dir, "rev-parse", "HEAD"), BaseRef: "main"}, h.second
		},
		"force-pushed, with its test merge made anew": func(t *testing.T, h history) (git.BaseHint, string) {
			do(t, h.dir, "checkout", "-q", "feature")
			do(t, h.dir, "commit", "-q", "--amend", "-m", "another head")
			head := do(t, h.dir, "rev-parse", "HEAD")
			do(t, h.dir, "checkout", "-q", "--detach", "main")
			do(t, h.dir, "merge", "-q", "--no-ff", "-m", "merge", head)
			return git.BaseHint{HeadSHA: head, BaseRef: "main"}, h.second
		},
		"force-pushed, and the checkout is of the old head": func(t *testing.T, h history) (git.BaseHint, string) {
			do(t, h.dir, "checkout", "-q", "--detach", h.head)
			return git.BaseHint{HeadSHA: strings.Repeat("a", 40), BaseRef: "main"}, h.first
		},
		"with main merged into it": func(t *testing.T, h history) (git.BaseHint, string) {
			do(t, h.dir, "checkout", "-q", "feature")
			do(t, h.dir, "merge", "-q", "--no-ff", "-m", "main into feature", "main")
			return git.BaseHint{HeadSHA: do(t, h.dir, "rev-parse", "HEAD"), BaseRef: "main"}, h.second
		},
		"going into a branch that is not the default one": func(t *testing.T, h history) (git.BaseHint, string) {
			do(t, h.dir, "checkout", "-qb", "release", h.first)
			do(t, h.dir, "commit", "-q", "--allow-empty", "-m", "release")
			release := do(t, h.dir, "rev-parse", "HEAD")
			do(t, h.dir, "checkout", "-qb", "fix")
			do(t, h.dir, "commit", "-q", "--allow-empty", "-m", "fix")
			return git.BaseHint{HeadSHA: do(t, h.dir, "rev-parse", "HEAD"), BaseRef: "release"}, release
		},
		"squashed onto main and pushed": func(t *testing.T, h history) (git.BaseHint, string) {
			do(t, h.dir, "checkout", "-q", "main")
			do(t, h.dir, "merge", "-q", "--squash", "feature")
			do(t, h.dir, "commit", "-qm", "feature (#7)")
			return git.BaseHint{BaseSHA: h.second}, h.second
		},
		"a first push, whose before is nothing": func(t *testing.T, h history) (git.BaseHint, string) {
			do(t, h.dir, "checkout", "-q", "main")
			return git.BaseHint{BaseSHA: strings.Repeat("0", 40)}, h.second
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t)
			hint, want := prepare(t, h)
			require.Equal(t, want, base(t, h.dir, hint))
		})
	}
}

func TestAFileIsReadAtItsCommit(t *testing.T) {
	h := newHistory(t)
	r, err := git.Open(t.Context(), filepath.Join(h.dir, "sub"), git.Options{})
	require.NoError(t, err)
	data, err := r.File(t.Context(), h.first, "metrics.json")
	require.NoError(t, err)
	require.JSONEq(t, `{"auc": 0.7}`, string(data))
	_, err = r.File(t.Context(), h.first, "other.json")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = r.File(t.Context(), h.first, "*.json")
	require.ErrorIs(t, err, fs.ErrNotExist, "a name is no pattern")
}

func TestALinkIsNoFile(t *testing.T) {
	h := newHistory(t)
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(h.dir, "link.json")))
	do(t, h.dir, "add", "-A")
	do(t, h.dir, "commit", "-qm", "link")
	r, err := git.Open(t.Context(), h.dir, git.Options{})
	require.NoError(t, err)
	_, err = r.File(t.Context(), "HEAD", "link.json")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// What actions/checkout leaves by default: one commit, whose parents are only names.
func TestAShallowCloneFetchesTheOneCommit(t *testing.T) {
	h := newHistory(t)
	do(t, h.dir, "config", "uploadpack.allowAnySHA1InWant", "true")
	shallow := filepath.Join(t.TempDir(), "clone")
	do(t, h.dir, "init", "-q", shallow)
	do(t, shallow, "remote", "add", "origin", "file://"+h.dir)
	do(t, shallow, "fetch", "-q", "--depth=1", "origin", h.merge)
	do(t, shallow, "checkout", "-q", h.merge)
	r, err := git.Open(t.Context(), shallow, git.Options{})
	require.NoError(t, err)
	against := r.Against(git.BaseHint{HeadSHA: h.head, BaseRef: "main"})
	sha, err := against.Base(t.Context())
	require.NoError(t, err)
	require.Equal(t, h.second, sha)
	data, err := against.File(t.Context(), sha, "sub/metrics.json")
	require.NoError(t, err)
	require.JSONEq(t, `{"auc": 0.8}`, string(data))
	require.Equal(t, "1", do(t, shallow, "rev-list", "--count", h.second), "its history was not fetched")
}

func TestAShallowCloneOfTheHeadReachesBackToTheTarget(t *testing.T) {
	h := newHistory(t)
	do(t, h.dir, "config", "uploadpack.allowAnySHA1InWant", "true")
	shallow := filepath.Join(t.TempDir(), "clone")
	do(t, h.dir, "init", "-q", shallow)
	do(t, shallow, "remote", "add", "origin", "file://"+h.dir)
	do(t, shallow, "fetch", "-q", "--depth=1", "origin", h.head)
	do(t, shallow, "checkout", "-q", h.head)
	require.Equal(t, h.first, base(t, shallow, git.BaseHint{HeadSHA: h.head, BaseRef: "main"}))
}

func TestWhatCannotBeFetchedIsSaid(t *testing.T) {
	h := newHistory(t)
	r, err := git.Open(t.Context(), h.dir, git.Options{Token: "s3cret-token", ServerURL: "https://github.invalid"})
	require.NoError(t, err)
	do(t, h.dir, "remote", "add", "origin", "https://x-access-token:s3cret-token@127.0.0.1:1/none")
	_, err = r.File(t.Context(), strings.Repeat("ab", 20), "metrics.json")
	require.ErrorContains(t, err, "fetch-depth")
	require.NotContains(t, err.Error(), "s3cret-token")
}

func TestATreeOfAnotherOwnerIsReadAndItsHooksAreNot(t *testing.T) {
	h := newHistory(t)
	mark := filepath.Join(t.TempDir(), "ran")
	hook := filepath.Join(h.dir, ".git", "monitor")
	write(t, hook, "#!/bin/sh\ntouch "+mark+"\n")
	require.NoError(t, os.Chmod(hook, 0o755))
	do(t, h.dir, "config", "core.fsmonitor", hook)
	if os.Geteuid() == 0 {
		require.NoError(t, filepath.WalkDir(h.dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, 1001, 1001)
		}))
	}
	require.Equal(t, h.second, base(t, h.dir, git.BaseHint{HeadSHA: h.head}))
	require.NoFileExists(t, mark)
}

func TestAFolderWithoutARepositoryIsSaid(t *testing.T) {
	_, err := git.Open(t.Context(), t.TempDir(), git.Options{})
	require.EqualError(t, err, "not in a git repository")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = git.Open(ctx, t.TempDir(), git.Options{})
	require.Error(t, err)
}

// An annotation may point only at what the commit has, by its path in the repository.
func TestFilesThatTheCommitHolds(t *testing.T) {
	dir := t.TempDir()
	do(t, dir, "init", "-q", "-b", "main")
	write(t, filepath.Join(dir, "models/a/assay.yaml"), "version: 1")
	write(t, filepath.Join(dir, "models/a/*.yaml"), "a name with a star")
	do(t, dir, "add", "-A")
	do(t, dir, "commit", "-qm", "one")
	write(t, filepath.Join(dir, "models/a/metrics.json"), "{}")
	repository, err := git.Open(t.Context(), filepath.Join(dir, "models/a"), git.Options{})
	require.NoError(t, err)
	held, err := repository.Held(t.Context(), []string{"assay.yaml", "./*.yaml", "metrics.json", "../b", "/etc/passwd"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"assay.yaml": "models/a/assay.yaml", "./*.yaml": "models/a/*.yaml"}, held)
}
