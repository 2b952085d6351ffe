package cli_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/cli"
)

// cycle is a repository whose model is retrained: the bundled table, its rows arriving over fourteen days, a model in production, and
// a clock that the test sets.
type cycle struct {
	dir     string
	now     time.Time
	environ []string
}

// cycleConfig asks for everything.
const cycleConfig = `version: 1
model: german-credit
data:
  train: train.csv
  recent: recent.csv
  predictions: predictions.csv
  outcomes: outcomes.csv
  holdout: holdout.csv
gates:
  - {metric: accuracy, at-least: 0.8}
retrain:
  data: train
  production: production.json
  triggers:
    schedule: {cron: 0 3 * * 1, zone: Europe/Berlin}
    drift: {table: recent, time: seen, window: 96h, reference: train}
    decay:
      {predictions: predictions, labels: outcomes, key: [id], time: at, label: class, score: p, positive: bad, mature: 24h, margin: 0.05,
       estimate: {calibrate: holdout}}
    rows: {new: 100}
    code: {paths: ["*.py"]}
    settings: {file: params.yaml}
  brakes:
    max-per-week: 2
    gpu-hours: 8
    freeze: [{from: "2027-12-20", until: "2028-01-03", reason: holidays}]
  params:
    trees: {type: integer, min: 1, max: 500, default: 100}
`

// newCycle starts on the morning of Monday, 2027-03-15. The rows of recent come from bundled ones: those of the last eight days are from
// rows with a credit of more than 4000 only where it drifted.
func newCycle(t *testing.T, drifted bool) *cycle {
	c := &cycle{dir: t.TempDir(), now: time.Date(2027, 3, 15, 6, 0, 0, 0, time.UTC), environ: os.Environ()}
	c.write(t, "assay.yaml", cycleConfig)
	c.write(t, "metrics.json", `{"accuracy": 0.9}`)
	c.write(t, "train.py", "print('training')\n")
	c.write(t, "params.yaml", "trees: 100\n")
	rows := readTable(t)
	c.write(t, "train.csv", lines(rows[0], rows[1:501]))
	c.write(t, "recent.csv", lines("seen,"+rows[0], arriving(rows[501:], drifted)))
	c.scores(t, drifted)
	c.git(t, "init", "-q")
	c.git(t, "add", "-A")
	c.git(t, "commit", "-qm", "first")
	head := c.git(t, "rev-parse", "HEAD")
	c.write(t, "production.json", fmt.Sprintf(`{"name": "v1.2.0", "since": "2027-03-02T00:00:00Z", "trained": "2027-03-01T04:00:00Z", "commit": %q, "rows": 450, "metrics": {"accuracy": 0.9}}`, head))
	c.git(t, "add", "-A")
	c.git(t, "commit", "-qm", "production")
	return c
}

// readTable is the bundled table: its header and its rows.
func readTable(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../testdata/german_credit.csv")
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func lines(header string, rows []string) string {
	return header + "\n" + strings.Join(rows, "\n") + "\n"
}

// arriving gives each row a day: about 35 a day for fourteen days.
func arriving(rows []string, drifted bool) []string {
	start := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	var all []string
	for i, row := range rows {
		at := start.Add(time.Duration(i) * 14 * 24 * time.Hour / time.Duration(len(rows)))
		fields, _ := csv.NewReader(strings.NewReader(row)).Read()
		if drifted && at.After(start.AddDate(0, 0, 6)) {
			amount, _ := strconv.Atoi(fields[4])
			fields[4] = strconv.Itoa(3*amount + 2000)
		}
		all = append(all, at.Format(time.RFC3339)+","+strings.Join(fields, ","))
	}
	return all
}

// scores writes predictions with a score that means what it says, labels for three of four, and held-out rows.
func (c *cycle) scores(t *testing.T, decayed bool) {
	predictions, outcomes, held := []string{"id,at,prediction,p"}, []string{"id,class"}, []string{"id,class,prediction,p"}
	for i := range 1200 {
		at := time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 15 * time.Minute)
		p, class, truth := 0.1, "good", "good"
		if i%2 == 0 {
			p, class = 0.9, "bad"
		}
		if wrong := i%10 == 3 || i%10 == 4 && decayed || i%10 == 7 && decayed; (class == "bad") != wrong {
			truth = "bad"
		}
		predictions = append(predictions, fmt.Sprintf("%d,%s,%s,%v", i, at.Format(time.RFC3339), class, p))
		if i%4 != 0 {
			outcomes = append(outcomes, fmt.Sprintf("%d,%s", i, truth))
		}
		held = append(held, fmt.Sprintf("h%d,%s,%s,%v", i, truth, class, p))
	}
	for name, rows := range map[string][]string{"predictions.csv": predictions, "outcomes.csv": outcomes, "holdout.csv": held} {
		c.write(t, name, strings.Join(rows, "\n")+"\n")
	}
}

func (c *cycle) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644))
}

func (c *cycle) git(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", c.dir, "-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "init.defaultBranch=main"}, args...)...)
	command.Env = append(os.Environ(), "GIT_AUTHOR_DATE=2027-03-01T00:00:00Z", "GIT_COMMITTER_DATE=2027-03-01T00:00:00Z")
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.TrimSpace(string(out))
}

// assay runs a command of retrain.
func (c *cycle) assay(t *testing.T, want int, args ...string) string {
	t.Helper()
	return c.command(t, want, append([]string{"retrain"}, args...)...)
}

func (c *cycle) command(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	code := cli.Main(cli.Env{Args: append([]string{"-C", c.dir}, args...), Environ: c.environ, In: strings.NewReader(""), Out: &out, Err: &out, Width: 160,
		Now: c.clock()})
	require.Equal(t, want, code, out.String())
	return out.String()
}

func (c *cycle) clock() func() time.Time { return func() time.Time { return c.now } }

// golden compares with a file of testdata/retrain.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "retrain", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// One fortnight of a model: what each command shows, as a user would read it.
func TestAFortnightOfRetraining(t *testing.T) {
	c := newCycle(t, true)
	require.Contains(t, c.command(t, 0, "config", "check"), "steps gate, retrain")
	golden(t, "dry-run.txt", c.assay(t, 0, "decide", "--dry-run"))
	require.Contains(t, c.assay(t, 0, "status"), "nothing was decided yet", "a dry run keeps nothing")

	golden(t, "decide.txt", c.assay(t, 0, "decide"))
	c.now = c.now.Add(time.Hour)
	require.Contains(t, c.assay(t, 0, "decide"), "do not retrain: held back by running (and 1 more brake)")
	id := c.state(t).Trainings[0].ID
	c.assay(t, 2, "end", "nothing", "--outcome", "better")
	c.assay(t, 2, "end", id, "--outcome", "won")
	c.assay(t, 0, "end", id, "--outcome", "not-better", "--gpu-hours", "3.5")
	c.now = c.now.Add(26 * time.Hour)
	golden(t, "held.txt", c.assay(t, 0, "decide"))

	c.assay(t, 2, "pause", "--until", "2027-03-20")
	c.assay(t, 2, "pause", "--until", "2027-03-01", "--reason", "audit")
	c.assay(t, 0, "pause", "--until", "2027-03-20", "--reason", "labels are audited", "--by", "lead")
	golden(t, "paused.txt", c.assay(t, 0, "status"))
	require.Contains(t, c.assay(t, 0, "history"), "retraining is paused by lead", "every report shows a pause")
	require.Contains(t, c.assay(t, 0, "explain", id[:5]), "retraining is paused by lead")
	require.Contains(t, c.command(t, 0, "run"), "note: retraining is paused by lead", "and so does that of a run")
	c.assay(t, 2, "decide", "--now", "--release", "pause")
	golden(t, "released.txt", c.assay(t, 0, "decide", "--now", "--param", "trees=200", "--release", "pause", "--reason", "the regulator asked"))
	c.assay(t, 0, "resume")
	golden(t, "history.txt", c.assay(t, 0, "history", "-n", "3"))
	require.Contains(t, c.assay(t, 2, "explain", "ffffffffff"), "assay retrain history shows their IDs")
	require.Equal(t, 7, 1+strings.Count(c.git(t, "log", "--format=%s", "refs/assay/retrain/german-credit"), "\n"), "each change is a commit of the ref")
}

// state is what is kept, as --json tells it.
func (c *cycle) state(t *testing.T) (state struct {
	Trainings []struct{ ID string }
}) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(c.assay(t, 0, "status", "--json", "-")), &state))
	return state
}

func TestAQuietModelIsNotTrained(t *testing.T) {
	c := newCycle(t, false)
	c.write(t, "production.json", strings.Replace(c.read(t, "production.json"), `"trained": "2027-03-01T04:00:00Z"`, `"trained": "2027-03-15T05:00:00Z"`, 1))
	golden(t, "quiet.txt", c.assay(t, 0, "decide"))
}

// The profile of the training data tells what windows are compared with, and how many rows there were.
func TestTheProfileOfTheVersionInProduction(t *testing.T) {
	c := newCycle(t, true)
	c.command(t, 0, "profile", "train", "-o", "train.profile.json")
	record := strings.Replace(c.read(t, "production.json"), `"rows": 450, `, `"profile": "train.profile.json", `, 1)
	c.write(t, "production.json", record)
	out := c.assay(t, 0, "decide", "--dry-run")
	require.Contains(t, out, "3 of the last 3 windows of 4 days drifted from v1.2.0")
	require.Contains(t, out, "there are 500 rows, 0 more than the version in production was trained on")
	c.write(t, "production.json", strings.Replace(record, `"train.profile.json"`, `"../train.profile.json"`, 1))
	require.Contains(t, c.assay(t, 0, "decide", "--dry-run"), "does not lie in the folder of the config")
	c.write(t, "production.json", "[]")
	require.Contains(t, c.assay(t, 2, "decide", "--dry-run"), "is no record of what is in production")
	require.NoError(t, os.Remove(filepath.Join(c.dir, "production.json")))
	require.Contains(t, c.assay(t, 0, "decide", "--dry-run"), "what is in production is not known: there is no file production.json")
}

func (c *cycle) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	require.NoError(t, err)
	return string(text)
}

func TestParametersAreCheckedBeforeAnythingIsRead(t *testing.T) {
	c := newCycle(t, false)
	c.write(t, "train.csv", "broken\"\n1,2,3\n")
	for _, param := range []string{"trees=0", "trees=many", "depth=3", "trees=$(id)"} {
		out := c.assay(t, 2, "decide", "--now", "--param", param)
		require.Contains(t, out, "parameter")
		require.NotContains(t, out, "$(id)")
	}
	require.Contains(t, c.assay(t, 2, "decide", "--param", "trees=2"), "add --now")
}
