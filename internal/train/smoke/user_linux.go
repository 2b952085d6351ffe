package smoke

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"golang.org/x/sys/unix"
)

// user is who the command runs as.
type user struct{ uid, gid int }

// stranger owns nothing on any machine that we know of.
var stranger = user{65532, 65532}

// separate gives the command another user, the folder to work in, and closes what it must not read. Where it cannot be
// had, a notice says so.
func (h *house) separate(job Job) error {
	if err := h.close(); err != nil {
		return err
	}
	switch {
	case os.Geteuid() != 0:
		h.notices = append(h.notices, "the command ran as the user who runs Assay and could read their files: only root can give it another")
		return nil
	case !isReachable(job.Dir):
		h.notices = append(h.notices, "the command ran as root: a folder above its own is closed to other users")
		return nil
	case !canGive(job.Dir):
		h.notices = append(h.notices, "the command ran as root: its folder lies on a file system whose files cannot be given to another user")
		return nil
	}
	h.user = &stranger
	h.environ["HOME"], h.environ["TMPDIR"] = h.home, filepath.Join(h.home, "tmp")
	for name, value := range map[string]string{"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"} {
		h.environ[name] = value
	}
	if err := errors.Join(os.Mkdir(h.environ["TMPDIR"], 0o700), os.Lchown(h.environ["TMPDIR"], stranger.uid, stranger.gid),
		os.Lchown(h.home, stranger.uid, stranger.gid)); err != nil {
		return err
	}
	for _, path := range append(job.Hide, credentials(job.Dir)...) {
		if err := h.hide(path); err != nil {
			return err
		}
	}
	return h.lend(job.Dir)
}

// close keeps other processes of this user from reading our memory and environment.
func (h *house) close() error {
	was, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		return err
	}
	h.undo = append(h.undo, func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, uintptr(was), 0, 0, 0) })
	return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

// isReachable reports whether every user may walk down to a folder.
func isReachable(dir string) bool {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	for parent := filepath.Dir(absolute); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if parent == filepath.Dir(parent) {
			return true
		}
	}
}

// canGive reports whether files of a folder can be given to the stranger: not on some network and user-space file systems.
func canGive(dir string) bool {
	probe, err := os.CreateTemp(dir, ".assay-probe-*")
	if err != nil {
		return false
	}
	defer os.Remove(probe.Name())
	return errors.Join(probe.Close(), os.Lchown(probe.Name(), stranger.uid, stranger.gid)) == nil
}

// hide closes a file or folder to all but its owner and group, for as long as the house stands. A socket is the engine's: it
// keeps its mode, which others outside of the container rely on, and a notice says where it is open.
func (h *house) hide(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Perm()&0o007 == 0:
		return nil
	case info.Mode()&fs.ModeSocket != 0:
		h.notices = append(h.notices, path+" is open to every user, and so to the command")
		return nil
	}
	h.undo = append(h.undo, func() error { return os.Chmod(path, info.Mode().Perm()) })
	return os.Chmod(path, info.Mode().Perm()&^0o007)
}

// credential is what checkout writes into a repository's configuration unless it is told not to.
var credential = regexp.MustCompile(`(?i)extraheader|://[^/\s]*@|\[include`)

// credentials are the files of a repository that hold one; others stay readable, so that the command may ask git.
func credentials(dir string) []string {
	var paths []string
	for folder := dir; ; folder = filepath.Dir(folder) {
		path := filepath.Join(folder, ".git", "config")
		if data, err := os.ReadFile(path); err == nil && credential.Match(data) {
			paths = append(paths, path)
		}
		if folder == filepath.Dir(folder) {
			return paths
		}
	}
}

// lend gives the folder to the command's user, but for .git, and takes it back later: what was there goes to its owner, what
// is new, or was left lent by a run that was killed, to the folder's. Links are never followed.
func (h *house) lend(dir string) error {
	owners := map[string]user{}
	err := walk(dir, func(path string, own user) error {
		if own != stranger || path == dir {
			owners[path] = own
		}
		return os.Lchown(path, stranger.uid, stranger.gid)
	})
	h.undo = append(h.undo, func() error {
		return walk(dir, func(path string, own user) error {
			if own != stranger {
				return nil
			}
			before, ok := owners[path]
			if !ok {
				before = owners[dir]
			}
			return os.Lchown(path, before.uid, before.gid)
		})
	})
	return err
}

// walk visits a folder and all below with the owner of each, but for the repository in .git.
func walk(dir string, visit func(path string, own user) error) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == filepath.Join(dir, ".git") && entry.IsDir() {
			return fs.SkipDir
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return nil
		}
		return visit(path, user{int(stat.Uid), int(stat.Gid)})
	})
}

// attributes give a command a process group and its user, who is in no other group.
func (h *house) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if h.user != nil {
		attributes.Credential = &syscall.Credential{Uid: uint32(h.user.uid), Gid: uint32(h.user.gid), Groups: []uint32{}}
	}
	return attributes
}
