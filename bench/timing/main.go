// Command timing runs commands side by side, in turns, and prints for each the shortest wall time and the largest resident
// memory of its runs, and the ratios of both to the first command's. Absolute times say more about the machine than about the
// programs, and on a machine that is shared only the shortest of several runs in turns can be compared.
//
//	timing RUNS NAME[×RUNS] COMMAND [NAME COMMAND]…
//
// A command is a line for sh. A name that ends in ×N has its command run N times only, in the first N turns.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// contender is a command and what was measured of it.
type contender struct {
	name, line string
	runs       int
	seconds    float64 // the shortest
	megabytes  float64 // the most
}

func main() {
	contenders, err := parse(os.Args[1:])
	if err == nil {
		err = race(contenders)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	show(contenders)
}

func parse(args []string) ([]*contender, error) {
	if len(args) < 3 || len(args)%2 == 0 {
		return nil, errors.New("usage: timing RUNS NAME[×RUNS] COMMAND [NAME COMMAND]…")
	}
	runs, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	var all []*contender
	for i := 1; i < len(args); i += 2 {
		c := &contender{name: args[i], line: args[i+1], runs: runs}
		if name, times, found := strings.Cut(c.name, "×"); found {
			c.name = name
			if c.runs, err = strconv.Atoi(times); err != nil {
				return nil, err
			}
		}
		all = append(all, c)
	}
	return all, nil
}

func race(contenders []*contender) error {
	for turn, running := 0, true; running; turn++ {
		running = false
		for _, c := range contenders {
			if turn >= c.runs {
				continue
			}
			running = true
			if err := c.run(turn); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	return nil
}

func (c *contender) run(turn int) error {
	command := exec.Command("sh", "-c", "exec "+c.line)
	command.Stderr = os.Stderr
	start := time.Now()
	if err := command.Run(); err != nil {
		return err
	}
	if seconds := time.Since(start).Seconds(); turn == 0 || seconds < c.seconds {
		c.seconds = seconds
	}
	usage, _ := command.ProcessState.SysUsage().(*syscall.Rusage)
	c.megabytes = max(c.megabytes, float64(usage.Maxrss)*1024/1e6)
	return nil
}

func show(contenders []*contender) {
	first := contenders[0]
	fmt.Printf("%-40s %9s %8s %9s %8s\n", "", "seconds", "ratio", "MB", "ratio")
	for _, c := range contenders {
		fmt.Printf("%-40s %9.3f %8.2f %9.0f %8.2f\n", c.name, c.seconds, c.seconds/first.seconds, c.megabytes, c.megabytes/first.megabytes)
	}
}
