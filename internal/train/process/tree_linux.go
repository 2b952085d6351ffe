package process

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Tree is all that a command started. This process is its reaper: what a command detaches becomes our child, and so is
// found. Nothing else may start processes in the meantime.
type Tree struct {
	root   int
	before []int // children that were there already
}

// Start starts a command from a thread that can gain no privileges and that ends with it: setuid programs do not help
// the command, and the rest of this process keeps what it has.
func Start(command *exec.Cmd) (*Tree, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, err
	}
	t := &Tree{before: childrenOf(os.Getpid(), processes())}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread dies with this goroutine
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			started <- err
			return
		}
		started <- command.Start()
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	t.root = command.Process.Pid
	return t, nil
}

// entry is a line of the process table.
type entry struct {
	pid, parent int
	isZombie    bool
}

// processes is the process table.
func processes() []entry {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var all []entry
	for _, file := range entries {
		pid, err := strconv.Atoi(file.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + file.Name() + "/stat")
		if err != nil {
			continue
		}
		// pid (name) state parent …; the name may hold anything
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 2 {
			continue
		}
		parent, err := strconv.Atoi(fields[1])
		if err != nil {
			continue
		}
		all = append(all, entry{pid, parent, fields[0] == "Z"})
	}
	return all
}

func childrenOf(parent int, table []entry) []int {
	var pids []int
	for _, p := range table {
		if p.parent == parent {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// members are the processes of the tree: the root, what it detached, and all below.
func (t *Tree) members() (living, dead []int) {
	table := processes()
	self := os.Getpid()
	queue := slices.DeleteFunc(childrenOf(self, table), func(pid int) bool { return slices.Contains(t.before, pid) })
	for i := 0; i < len(queue); i++ {
		queue = append(queue, childrenOf(queue[i], table)...)
	}
	for _, p := range table {
		switch {
		case !slices.Contains(queue, p.pid):
		case !p.isZombie:
			living = append(living, p.pid)
		case p.parent == self && p.pid != t.root: // the root is its Cmd's to wait for
			dead = append(dead, p.pid)
		}
	}
	return living, dead
}

// poll is how often the process table is read while a tree ends.
const poll = 10 * time.Millisecond

// End ends the tree: TERM, patience, then KILL until nobody is left.
func (t *Tree) End(patience time.Duration) {
	t.Signal(syscall.SIGTERM)
	deadline := time.Now().Add(patience)
	for t.reap() {
		if time.Now().After(deadline) {
			t.Signal(syscall.SIGKILL)
		}
		time.Sleep(poll)
	}
}

// Signal sends a signal to all that live.
func (t *Tree) Signal(s syscall.Signal) {
	living, _ := t.members()
	for _, pid := range living {
		syscall.Kill(pid, s)
	}
}

// reap collects the dead and reports whether somebody lives.
func (t *Tree) reap() bool {
	living, dead := t.members()
	for _, pid := range dead {
		var status syscall.WaitStatus
		syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
	}
	return len(living) > 0
}

// OOMKills is how often the kernel killed in our control group for lack of memory; 0 where it does not say.
func OOMKills() int64 {
	for _, path := range memoryEvents() {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "oom_kill" {
				n, _ := strconv.ParseInt(fields[1], 10, 64)
				return n
			}
		}
	}
	return 0
}

// memoryEvents are where the count may stand: version 2 of control groups, seen from outside and from inside of a
// container, and version 1.
func memoryEvents() []string {
	paths := []string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"}
	data, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.Lines(string(data)) {
		if own, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok && own != "/" {
			paths = append([]string{"/sys/fs/cgroup" + own + "/memory.events"}, paths...)
		}
	}
	return paths
}
