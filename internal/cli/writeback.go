package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// writeBackFlags say what is written to GitHub; what is empty here the config decides.
type writeBackFlags struct {
	comment, onPass, onFailure string
	patience                   time.Duration
}

func (f *writeBackFlags) flags(c *cobra.Command) {
	for _, flag := range f.choices() {
		c.Flags().StringVar(flag.value, flag.name, "", flag.help+": "+strings.Join(flag.allowed, ", "))
	}
	c.Flags().DurationVar(&f.patience, "patience", writeback.DefaultPatience, "how long GitHub may hold up the end of a run in Actions")
}

// choice is a flag that takes one of some words.
type choice struct {
	name    string
	value   *string
	allowed []string
	help    string
}

func (f *writeBackFlags) choices() []choice {
	return []choice{
		{"comment", &f.comment, writeback.Comments, "when to write the pull request comment in Actions"},
		{"comment-on-pass", &f.onPass, writeback.OnPasses, "what becomes of the comment of a run without complaint"},
		{"on-failure", &f.onFailure, writeback.OnFailures, "what a red run without a pull request does"},
	}
}

// check refuses words that nobody knows.
func (f *writeBackFlags) check() error {
	for _, flag := range f.choices() {
		if *flag.value != "" && !slices.Contains(flag.allowed, *flag.value) {
			return source.Errorf("write one of "+strings.Join(flag.allowed, ", "), "%s is %q", flag.name, *flag.value)
		}
	}
	return nil
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
