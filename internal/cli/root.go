package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/source"
)

const rootHelp = `Assay is CI for machine-learning models.

It checks data against contracts, looks for leakage, trains a small model, holds its metrics against limits and against
the base, compares new data with old, and writes the verdict where people decide: the pull request, the check that
blocks the merge, the run summary.

Begin with
  assay demo               the whole line on bundled data
  assay init               a draft of assay.yaml and of the workflow, for this repository
  assay doctor             what is missing for it to judge, to be heard and to block
  assay run                the steps of assay.yaml, in their order
  assay config check       is assay.yaml right?
  assay registry show clf  the versions of a model, and the stages that they hold

Exit codes
  0    green
  1    red: a rule is broken, or could not be decided
  2    flags, config or a data path are wrong; nothing was judged
  3    an outside system, the machine or Assay itself failed
  130  interrupted (SIGINT)
  143  terminated (SIGTERM)`

// app is one invocation.
type app struct {
	env     Env
	started bool // a command's own code runs: its flags were right
	global  globals
}

// globals are the flags that every command has.
type globals struct {
	config string
	dir    string
	json   string
	junit  string
	sarif  string
	format string
	quiet  bool
	cache  cacheFlags
}

var formats = []string{"auto", "text", "json", "github"}

// root builds the tree of commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: "assay", Short: "CI for machine-learning models", Long: rootHelp,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: a.begin,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.global.config, "config", "", "config `file` (default assay.yaml)")
	flags.StringVarP(&a.global.dir, "directory", "C", ".", "work in `dir`; paths of flags start there")
	flags.StringVar(&a.global.json, "json", "", "write the result as JSON to `file`; - is standard output")
	flags.StringVar(&a.global.junit, "junit", "", "write the result as JUnit XML to `file`")
	flags.StringVar(&a.global.sarif, "sarif", "", "write the result as SARIF to `file`")
	flags.StringVar(&a.global.format, "format", "auto", "how to show the result: "+strings.Join(formats, ", "))
	flags.BoolVarP(&a.global.quiet, "quiet", "q", false, "show only the verdict")
	a.global.cache.flags(flags)
	root.AddCommand(a.runCommand(), a.validateCommand(), a.trainCommand(), a.gateCommand(), a.compareCommand(), a.driftCommand(),
		a.reportCommand(), a.configCommand(), a.contractCommand(), a.profileCommand(), a.initCommand(), a.doctorCommand(), a.demoCommand(), a.versionCommand(),
		a.registryCommand(), a.publishCommand(), a.retrainCommand(), a.handoffCommand(), a.actionCommand(), a.endCommand())
	return root
}

// begin checks what all commands share. Errors before it are cobra's: unknown commands and flags.
func (a *app) begin(*cobra.Command, []string) error {
	a.started = true
	if !slices.Contains(formats, a.global.format) {
		return source.Errorf("formats are "+strings.Join(formats, ", "), "unknown format %q", a.global.format)
	}
	return nil
}
