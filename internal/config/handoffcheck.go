package config

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/retrain/handoff"
)

// handoff judges how training is handed off.
func (k checker) handoff(given handoff.Spec) {
	if path.Base(given.Workflow) != given.Workflow || !strings.HasSuffix(given.Workflow, ".yml") && !strings.HasSuffix(given.Workflow, ".yaml") {
		k.Report(fmt.Sprintf("%q is no file name of a workflow", given.Workflow), "name the file below .github/workflows, such as gpu-train.yml", "handoff", "workflow")
	}
	if blob.IsRemote(given.Store) && !strings.HasPrefix(given.Store, "s3://") {
		k.Report(fmt.Sprintf("checkpoints cannot be kept at %q", given.Store), "name s3://bucket/folder, or a folder that every runner sees", "handoff", "store")
	}
	s := given.OrDefaults()
	if *s.Attempts < 1 || *s.Attempts > handoff.MaxAttempts {
		k.Report(fmt.Sprintf("attempts is %d", *s.Attempts), fmt.Sprintf("write a number from 1 to %d", handoff.MaxAttempts), "handoff", "attempts")
	}
	for _, limit := range []struct {
		key   string
		value time.Duration
		least time.Duration
		most  time.Duration
		why   string
	}{
		{"queue", s.Queue, time.Minute, handoff.MaxQueue, "GitHub drops a job that waits longer"},
		{"silence", s.Silence, time.Minute, s.Limit, "it is the limit of all"},
		{"report", s.Report, time.Minute, handoff.MaxQueue, "a report takes a hosted runner"},
		{"limit", s.Limit, time.Minute, 30 * 24 * time.Hour, "GitHub ends a run after 35 days"},
		{"checkpoint-every", s.Every, time.Second, s.Limit, "it is the limit of all"},
		{"attempt-limit", s.Attempt, time.Minute, handoff.MaxAttempt, "a workflow's token lives no longer"},
	} {
		if limit.value < limit.least || limit.value > limit.most {
			k.Report(fmt.Sprintf("%s is %v", limit.key, limit.value), fmt.Sprintf("write a time from %v to %v: %s", limit.least, limit.most, limit.why), "handoff", limit.key)
		}
	}
}
