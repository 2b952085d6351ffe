package handoff

// Cause is why an attempt or a hand-off was over.
type Cause string

// The causes.
const (
	Succeeded    Cause = "succeeded"
	Refused      Cause = "refused"       // the report judged the model, and it did not pass
	NoWorkflow   Cause = "no-workflow"   // GitHub knows no such workflow, or none that can be dispatched
	DispatchLost Cause = "dispatch-lost" // dispatched again and again, and no run ever came of it
	NoRunner     Cause = "no-runner"     // no runner took it in time
	NeverBegan   Cause = "never-began"   // the run was over before the training began
	Preempted    Cause = "preempted"     // the runner was taken away, and the training was told before
	Lost         Cause = "lost"          // the run was over, and the training had said nothing
	Silent       Cause = "silent"        // the run went on, and the training was heard of no more
	TokenExpired Cause = "token-expired" // the training stopped itself before its token did
	OutOfMemory  Cause = "out-of-memory"
	OutOfDisk    Cause = "out-of-disk"
	NaNLoss      Cause = "nan-loss"
	Failed       Cause = "failed" // the command did
	TimedOut     Cause = "timed-out"
	Cancelled    Cause = "cancelled"
	ReportLost   Cause = "report-lost"
)

// about is what each cause means for a hand-off, and what a person reads.
var about = map[Cause]struct {
	resumes bool   // another attempt may go better
	said    string // in the commit status
	remedy  string
}{
	Succeeded:    {false, "trained and judged", ""},
	Refused:      {false, "the model did not pass", "read the report of the run"},
	NoWorkflow:   {false, "the workflow cannot be dispatched", "put it on the default branch with on: workflow_dispatch"},
	DispatchLost: {true, "no run came of the dispatch", "look at the status of GitHub Actions; submit again"},
	NoRunner:     {false, "no runner took it", "start a runner with its labels; submit again"},
	NeverBegan:   {true, "the run failed before the training began", "read the run's log"},
	Preempted:    {true, "the runner was taken away", "allow more attempts, or checkpoint more often"},
	Lost:         {true, "the runner was lost", "read the runner's log; allow more attempts"},
	Silent:       {true, "the training was heard of no more", "read the runner's log; allow more attempts"},
	TokenExpired: {true, "the token's time was over", "allow more attempts: each may take a day"},
	OutOfMemory:  {false, "out of memory", "take a smaller batch or a larger machine"},
	OutOfDisk:    {false, "out of disk", "free the runner's disk, or keep fewer checkpoints there"},
	NaNLoss:      {false, "the loss was not a number", "lower the learning rate; look at the data"},
	Failed:       {false, "the training command failed", "read the run's log"},
	TimedOut:     {false, "not done within its limit", "raise the limit, or checkpoint and submit again"},
	Cancelled:    {false, "cancelled by hand", "submit again to start anew"},
	ReportLost:   {false, "trained, but its report was lost", "submit again: it goes on from its last checkpoint"},
}

// Resumes tells whether another attempt follows it.
func (c Cause) Resumes() bool { return about[c].resumes }

// Words say what happened.
func (c Cause) Words() string { return about[c].said }

// Remedy says what a person can do; "" where there is nothing to do.
func (c Cause) Remedy() string { return about[c].remedy }
