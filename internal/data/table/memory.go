package table

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// memoryShare of the limit goes to the engine; the rest is for Go's own slices and the programs beside it.
const memoryShare = 0.6

// ShareOf is the engine's part of what the whole program may take, in bytes. Of 0 it is the part of what the machine or the container
// has; 0 where that is not known, which leaves the engine its own default.
func ShareOf(limit int64) int64 {
	if limit <= 0 {
		limit = availableMemory(os.DirFS("/"))
	}
	return int64(memoryShare * float64(limit))
}

// availableMemory is the lowest memory limit of the process's control groups (version 2, else 1), else the memory of
// the machine, else 0. root is the file system, for tests.
func availableMemory(root fs.FS) int64 {
	limit := machineMemory(root)
	for _, file := range limitFiles(root) {
		text, err := fs.ReadFile(root, file)
		if err != nil {
			continue
		}
		// "max", and the huge number by which version 1 means no limit, leave limit as it is.
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 && (n < limit || limit == 0 && n < math.MaxInt64/2) {
			limit = n
		}
	}
	return limit
}

// limitFiles names the limit of the process's own group and of every group above it. Inside a container the mount shows
// the container's group as the root, so the root is always asked too.
func limitFiles(root fs.FS) []string {
	files := []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"}
	groups, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:/path — version 2 has hierarchy 0 and no controllers.
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		base, name := "sys/fs/cgroup", "memory.max"
		if fields[1] == "memory" {
			base, name = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		} else if fields[1] != "" {
			continue
		}
		for group := path.Clean("/" + fields[2]); group != "/"; group = path.Dir(group) {
			files = append(files, path.Join(base, group, name))
		}
	}
	return files
}

// machineMemory reads MemTotal, which stands in kB; 0 where there is no /proc.
func machineMemory(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			kB, _ := strconv.ParseInt(fields[1], 10, 64)
			return kB * 1024
		}
	}
	return 0
}
