package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/snapshot"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/retrain/handoff"
	"github.com/assay-ml/assay/internal/retrain/work"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/run/offload"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) handoffCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "handoff", Short: "Hand a training off to a GPU runner, and see to it that it ends",
		Long: `Hand a training off to a runner of your own, without a job that waits. submit dispatches the workflow that handoff: in assay.yaml names and
exits; work trains there, keeps checkpoints and goes on from the newest good one; report judges what came out and ends the commit status
assay/MODEL/STAGE, which is the check to require; sweep, on a schedule, ends or goes on with whatever was lost on the way.`,
		Example: "  assay handoff submit --param lr=0.01 --data train=data/train.csv\n  assay handoff work --handoff \"$HANDOFF\" -- python train.py\n" +
			"  assay handoff report --handoff \"$HANDOFF\" --job success -- assay run\n  assay handoff sweep",
	}
	c.AddCommand(a.submitCommand(), a.workCommand(), a.handoffReportCommand(), a.sweepCommand(), a.handoffStatusCommand())
	return c
}

// relay is what a command of a hand-off works with.
type relay struct {
	handoff.Desk
	config *config.Config
	spec   handoff.Spec
	event  actions.Event
}

// openRelay reads the config and connects to GitHub.
func (a *app) openRelay() (*relay, error) {
	c, err := config.Load(a.configPath())
	if err != nil {
		return nil, err
	}
	if c.Handoff == nil {
		return nil, source.Errorf("say handoff: with the workflow and the store; docs/gpu-runners.md shows it", "%s has no handoff", c.File)
	}
	_, event, token, err := a.enterActions()
	if err != nil {
		return nil, err
	}
	client, why := connect(event, token)
	if client == nil {
		return nil, source.Errorf("hand-offs live in GitHub Actions", "GitHub cannot be asked: %s", why)
	}
	board := offload.Board{Client: client, Server: event.ServerURL + "/" + event.Repository}
	return &relay{handoff.Desk{Book: offload.Book{Repository: client}, Runs: offload.Runs{Client: client}, Board: board, Now: a.env.Now}, c, c.Handoff.OrDefaults(), event}, nil
}

// store opens where checkpoints and models are kept, and the folder in it.
func (a *app) store(ctx context.Context, r *relay) (blob.Keeper, string, error) {
	return run.OpenStore(ctx, r.spec.Store, r.config.Dir, run.Remote{Environ: a.env.Environ, Loopback: true}, r.config.S3)
}

// asked is what the flags of submit say.
type asked struct {
	params, data map[string]string
	given        string // params as JSON, as retrain decide prints them
	commit       string
}

func (a *app) submitCommand() *cobra.Command {
	var in asked
	c := &cobra.Command{
		Use: "submit", Short: "Hand a training off, or join the one of the same request", Args: cobra.NoArgs,
		Long: `Hand a training off: its commit, stage, parameters and data make its key, and the same request again joins the one that runs. The commit
status assay/MODEL/STAGE is pending from then on. It takes statuses: write, contents: write and actions: write; run it in a job of its
own that runs no code of a pull request. The code of a fork is never handed off.`,
		Example: "  assay handoff submit --param lr=0.01 --data train=data/train.csv",
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := a.openRelay()
			if err != nil {
				return err
			}
			return a.submit(c.Context(), r, in)
		},
	}
	c.Flags().StringToStringVar(&in.params, "param", nil, "a parameter of the training, as `name=value`")
	c.Flags().StringVar(&in.given, "params", "", "parameters as a `JSON` object of texts, such as the output params of retrain decide")
	c.Flags().StringToStringVar(&in.data, "data", nil, "tables that it trains on, as `name=file` or name=sha256:…")
	c.Flags().StringVar(&in.commit, "commit", "", "full `sha` to train; default that of the event")
	return c
}

func (a *app) submit(ctx context.Context, r *relay, in asked) error {
	if r.event.IsReadOnly {
		return source.Errorf("a maintainer may push the commit to a branch of this repository and hand that off", "the code of a fork is not handed off to a runner of one's own")
	}
	request, err := a.request(r, in)
	if err != nil {
		return err
	}
	s, joined, err := r.Submit(ctx, request, r.spec.Plan())
	if err != nil {
		return err
	}
	if err := a.handoffOutputs(s); err != nil {
		return err
	}
	err = a.answer(shownHandoff(s, joined), func(w io.Writer) {
		verb := "handed off"
		if joined {
			verb = "joined"
		}
		fmt.Fprintf(w, "%s %s: %s\n", verb, request.Key(), visibleLine(s.Sentence()))
		fmt.Fprintf(w, "the commit status is %s\n", offload.Context(request))
	})
	return errors.Join(err, redIfEnded(s))
}

// redIfEnded is the error of a hand-off that ended otherwise than well.
func redIfEnded(s handoff.State) error {
	if s.End != nil && s.End.Cause != handoff.Succeeded {
		return errRed
	}
	return nil
}

// request is what the flags ask for.
func (a *app) request(r *relay, in asked) (handoff.Request, error) {
	request := handoff.Request{Model: r.config.Model, Commit: or(in.commit, r.event.HeadSHA), Stage: r.spec.Stage, Params: map[string]string{}, Data: map[string]string{}}
	if len(request.Commit) != 40 {
		return request, source.Errorf("name all 40 digits with --commit", "%q is no full sha", request.Commit)
	}
	if in.given != "" {
		if err := json.Unmarshal([]byte(in.given), &request.Params); err != nil {
			return request, source.Errorf(`write {"lr": "0.01"}`, "--params is no JSON object of texts: %v", err)
		}
	}
	for name, value := range in.params {
		request.Params[name] = value
	}
	for name, value := range in.data {
		if !strings.HasPrefix(value, "sha256:") {
			digest, err := a.digestOf(value)
			if err != nil {
				return request, err
			}
			value = digest
		}
		request.Data[name] = value
	}
	return request, nil
}

// handoffOutputs tell later steps of the job.
func (a *app) handoffOutputs(s handoff.State) error {
	runner := actions.New(a.env.Getenv, a.env.Out)
	return errors.Join(runner.Output("handoff", s.Request.Key()), runner.Output("handoff-phase", string(s.Phase)))
}

// placed names the attempt that a job of the GPU workflow works for.
type placed struct{ marker string }

func (p *placed) flag(c *cobra.Command) {
	c.Flags().StringVar(&p.marker, "handoff", "", "the workflow's `input` of that name")
	_ = c.MarkFlagRequired("handoff")
}

// who reads the marker and this run's number.
func (a *app) who(p placed) (string, handoff.Who, error) {
	key, w, err := handoff.ParseMarker(p.marker)
	if err != nil {
		return "", w, source.Errorf("pass on the input: --handoff \"$HANDOFF\" with env: {HANDOFF: ${{ inputs.handoff }}}", "%v", err)
	}
	w.Run, err = strconv.ParseInt(a.env.Getenv("GITHUB_RUN_ID"), 10, 64)
	if err == nil {
		w.Try, err = strconv.Atoi(or(a.env.Getenv("GITHUB_RUN_ATTEMPT"), "1"))
	}
	if err != nil {
		return "", w, source.Errorf("it runs in GitHub Actions", "GITHUB_RUN_ID or GITHUB_RUN_ATTEMPT is no number")
	}
	return key, w, nil
}

// folders are where a training and its report keep things.
type folders struct{ checkpoints, model string }

func (a *app) workCommand() *cobra.Command {
	var p placed
	var f folders
	c := &cobra.Command{
		Use: "work -- COMMAND", Short: "Train on the runner that a hand-off reached", Args: cobra.MinimumNArgs(1),
		Long: `Train: take the work, load the newest checkpoint that is whole into ASSAY_CHECKPOINTS (ASSAY_RESUME is set then), run the command, and keep that
folder again and again while nothing in it changes. The command leaves its model in the folder ASSAY_MODEL and its metrics in
ASSAY_METRICS. It sees no token of ours. On SIGTERM the work is kept and the next attempt goes on from it.`,
		Example: "  assay handoff work --handoff \"$HANDOFF\" -- python train.py",
		RunE: func(c *cobra.Command, args []string) error {
			r, err := a.openRelay()
			if err != nil {
				return err
			}
			return a.work(c.Context(), r, p, f, args)
		},
	}
	p.flag(c)
	c.Flags().StringVar(&f.checkpoints, "checkpoints", "checkpoints", "`folder` that the training keeps checkpoints in; not there yet")
	c.Flags().StringVar(&f.model, "model", "model", "`folder` that the training leaves its model in")
	return c
}

const (
	beatEvery   = 2 * time.Minute
	quietFor    = 2 * time.Second
	finishGrace = 30 * time.Second // between TERM and KILL: a training writes its last checkpoint
)

func (a *app) work(ctx context.Context, r *relay, p placed, f folders, command []string) error {
	key, who, err := a.who(p)
	if err != nil {
		return err
	}
	keeper, prefix, err := a.store(ctx, r)
	if err != nil {
		return err
	}
	ctx, preempted := untilInterrupted(ctx)
	result, err := work.Run(ctx, r.Desk, work.Job{Key: key, Who: who, Command: command, Dir: r.config.Dir, Environ: a.env.Environ, Output: a.env.Out,
		Checkpoints: a.absolute(f.checkpoints), Model: a.absolute(f.model), Metrics: filepath.Join(a.absolute("."), r.config.MetricsPath()),
		Every: r.spec.Every, Quiet: quietFor, Beat: beatEvery, Limit: r.spec.Attempt, Grace: finishGrace, Store: keeper, Prefix: prefix}, preempted)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.env.Out, "assay: %s\n", visibleLine(strings.TrimSpace(result.Cause.Words()+" "+result.Detail)))
	if result.Cause != handoff.Succeeded {
		return errRed
	}
	return nil
}

// untilInterrupted is a context that only an interrupt ends, and what SIGTERM closes: the one is a person's or the service's word
// that a run is over, the other the machine's that it goes.
func untilInterrupted(ctx context.Context) (context.Context, <-chan struct{}) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	preempted := make(chan struct{})
	go func() {
		<-ctx.Done()
		var stopped signalError
		if errors.As(context.Cause(ctx), &stopped) && stopped.signal == syscall.SIGTERM {
			close(preempted)
			return
		}
		cancel(context.Cause(ctx))
	}()
	return inner, preempted
}

// absolute is a path below the folder of -C.
func (a *app) absolute(name string) string {
	path, err := filepath.Abs(a.path(name))
	if err != nil {
		return a.path(name) // there is no working directory: nothing will be found there either
	}
	return path
}

func (a *app) handoffReportCommand() *cobra.Command {
	var p placed
	var f folders
	var job string
	c := &cobra.Command{
		Use: "report [-- COMMAND]", Short: "Judge what a training made, or go on where it failed",
		Long: `Report, on a hosted runner with if: always(): where the training went well, its model and metrics are loaded and the command judges them, such
as assay run: exit code 0 passes, 1 does not, and any other leaves the report to the next try. Where it failed, the next attempt begins
or the hand-off ends with its cause. The commit status ends with it.`,
		Example: "  assay handoff report --handoff \"$HANDOFF\" --job ${{ needs.train.result }} -- assay run",
		RunE: func(c *cobra.Command, args []string) error {
			r, err := a.openRelay()
			if err != nil {
				return err
			}
			return a.handoffReport(c.Context(), r, p, f, job, args)
		},
	}
	p.flag(c)
	c.Flags().StringVar(&job, "job", "failure", "`result` of the training's job")
	c.Flags().StringVar(&f.model, "model", "model", "`folder` that the model is loaded into; not there yet")
	return c
}

func (a *app) handoffReport(ctx context.Context, r *relay, p placed, f folders, job string, command []string) error {
	key, who, err := a.who(p)
	if err != nil {
		return err
	}
	s, err := r.Report(ctx, key, who, job, func(ctx context.Context, s handoff.State) (bool, string, error) {
		return a.judgeTrained(ctx, r, s, f, command)
	})
	if err != nil {
		return err
	}
	told := a.answer(shownHandoff(s, false), func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", key, visibleLine(s.Sentence())) })
	return errors.Join(a.handoffOutputs(s), told, redIfEnded(s))
}

// judgeTrained loads what a training made and has the command judge it.
func (a *app) judgeTrained(ctx context.Context, r *relay, s handoff.State, f folders, command []string) (passed bool, detail string, err error) {
	keeper, prefix, err := a.store(ctx, r)
	if err != nil {
		return false, "", err
	}
	if _, err := snapshot.Load(ctx, keeper, prefix, s.Model.Digest, a.absolute(f.model)); err != nil {
		return false, "", fmt.Errorf("load the model: %w", err)
	}
	if err := a.writeMetrics(r, s.Model.Metrics); err != nil || len(command) == 0 {
		return err == nil, "", err
	}
	judge := exec.CommandContext(ctx, command[0], command[1:]...)
	judge.Dir, judge.Env, judge.Stdout, judge.Stderr = a.absolute("."), append(a.env.Environ, "ASSAY_MODEL="+a.absolute(f.model)), a.env.Out, a.env.Err
	err = judge.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitRed {
		return false, strings.Join(command, " ") + " did not pass it", nil
	}
	return err == nil, "", err
}

// writeMetrics writes the training's metrics where its config has them.
func (a *app) writeMetrics(r *relay, values map[string]float64) error {
	if len(values) == 0 {
		return nil
	}
	path := filepath.Join(r.config.Dir, r.config.MetricsPath())
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return writeWith(path, func(w io.Writer) error { return writeValue(w, values) })
}

func (a *app) sweepCommand() *cobra.Command {
	return &cobra.Command{
		Use: "sweep", Short: "End or go on with whatever was lost on the way", Args: cobra.NoArgs,
		Long: `Look at every hand-off that has not ended, and do what follows: dispatch again what was lost, begin the next attempt of what was preempted, end
what took too long, with its cause. Several sweeps at once do no harm. Run it on a schedule, such as every fifteen minutes.`,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := a.openRelay()
			if err != nil {
				return err
			}
			all, err := r.Sweep(c.Context())
			return errors.Join(a.tellHandoffs(all), err)
		},
	}
}

func (a *app) handoffStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status [KEY]", Short: "Show hand-offs: how they stand, and what they cost", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := a.openRelay()
			if err != nil {
				return err
			}
			keys := args
			if len(keys) == 0 {
				if keys, err = r.Book.Keys(c.Context()); err != nil {
					return err
				}
			}
			var all []handoff.State
			for _, key := range keys {
				s, _, err := r.Book.Load(c.Context(), key)
				if err != nil {
					return err
				}
				all = append(all, s)
			}
			return a.tellHandoffs(all)
		},
	}
}

// shown is a hand-off as it is shown.
type shown struct {
	Key      string        `json:"key"`
	Sentence string        `json:"sentence"`
	Joined   bool          `json:"joined,omitempty"`
	Used     float64       `json:"used_minutes"` // of runners
	Wasted   float64       `json:"wasted_minutes"`
	State    handoff.State `json:"state"`
}

func shownHandoff(s handoff.State, joined bool) shown {
	used, wasted := s.Cost()
	return shown{s.Request.Key(), s.Sentence(), joined, used.Minutes(), wasted.Minutes(), s}
}

func (a *app) tellHandoffs(all []handoff.State) error {
	list := []shown{}
	for _, s := range all {
		if s.Phase != "" {
			list = append(list, shownHandoff(s, false))
		}
	}
	return a.answer(map[string]any{"handoffs": list}, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, "there is no hand-off")
			return
		}
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "KEY\tMODEL\tCOMMIT\tMINUTES\tLOST\tSTATE")
		for _, one := range list {
			fmt.Fprintf(table, "%s\t%s\t%.12s\t%.0f\t%.0f\t%s\n", one.Key, visibleLine(one.State.Request.Model), one.State.Request.Commit, one.Used, one.Wasted, visibleLine(one.Sentence))
		}
		table.Flush()
	})
}
