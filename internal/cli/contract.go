package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/check/evolve"
	"github.com/assay-ml/assay/internal/check/infer"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/check/translate"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) contractCommand() *cobra.Command {
	c := &cobra.Command{Use: "contract", Short: "Draft a contract from data, compare two versions, read and write those of other tools"}
	c.AddCommand(a.inferCommand(), a.evolveCommand(), a.importCommand(), a.exportCommand())
	return c
}

func (a *app) inferCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "infer TABLE", Short: "Draft a contract from a table", Args: cobra.ExactArgs(1),
		Long: `Draft the contract that a table already keeps: types, nulls, bounds with room, sets, uniqueness, keys and formats. A comment at
the end of each line says what was seen. TABLE is a file, a glob or a folder, here or on S3, or an https address; or the profile of a
table: then formats, and that many values are all distinct, cannot be seen. Read the draft: it knows the data, not what it means.`,
		Example: "  assay contract infer data/train.csv -o contract.yaml\n  assay contract infer train.profile.json -o contract.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.infer(c.Context(), args[0])
			if err != nil {
				return err
			}
			return a.writeTo(output, text)
		},
	}
	outputFlag(c, &output)
	return c
}

func outputFlag(c *cobra.Command, output *string) {
	c.Flags().StringVarP(output, "output", "o", "", "write into `file` instead of to standard output")
}

// writeTo writes a file, or standard output where none is named.
func (a *app) writeTo(output string, text []byte) error {
	if output == "" {
		_, err := a.env.Out.Write(text)
		return err
	}
	return run.WriteFile(a.path(output), text)
}

func (a *app) importCommand() *cobra.Command {
	var output, format string
	c := &cobra.Command{
		Use: "import FILE", Short: "Read another tool's contract", Args: cobra.ExactArgs(1),
		Long: `Read the contract of another tool and write it as Assay's. What has no counterpart is listed on standard error and at the top of the
contract. Formats: ` + strings.Join(translate.Imports, ", ") + ` (a Table Schema as JSON; an Open Data Contract 3 of one table; a suite as JSON; a schema as YAML).`,
		Example: "  assay contract import schema.json -o contract.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := os.ReadFile(a.path(args[0]))
			if err != nil {
				return source.Errorf("name a file", "%v", err)
			}
			contract, losses, err := translate.Import(format, args[0], data)
			if err != nil {
				return err
			}
			text, err := schema.YAML(contract)
			if err != nil {
				return err
			}
			if _, err := config.ParseContract(args[0]+" (translated)", text); err != nil {
				return err
			}
			return a.writeTo(output, append(a.tell(losses), text...))
		},
	}
	outputFlag(c, &output)
	c.Flags().StringVar(&format, "from", translate.Imports[0], "the `format` of the file")
	return c
}

func (a *app) exportCommand() *cobra.Command {
	var output, format string
	c := &cobra.Command{
		Use: "export CONTRACT", Short: "Write a contract for another tool", Args: cobra.ExactArgs(1),
		Long: `Write a contract as another tool's. What that tool cannot say is listed on standard error. Formats: ` + strings.Join(translate.Exports, ", ") +
			` (a Table Schema as JSON; an Open Data Contract 3 of one table).`,
		Example: "  assay contract export contract.yaml -o schema.json",
		RunE: func(_ *cobra.Command, args []string) error {
			contract, err := config.LoadContract(a.path(args[0]))
			if err != nil {
				return err
			}
			text, losses, err := translate.Export(format, strings.TrimSuffix(filepath.Base(args[0]), filepath.Ext(args[0])), *contract)
			if err != nil {
				return err
			}
			a.tell(losses)
			return a.writeTo(output, text)
		},
	}
	outputFlag(c, &output)
	c.Flags().StringVar(&format, "to", translate.Exports[0], "the `format` to write")
	return c
}

// tell lists on standard error what was lost, and gives the list as comments of YAML.
func (a *app) tell(losses []translate.Loss) (comments []byte) {
	for _, loss := range losses {
		line := fmt.Sprintf("not translated: %s", strings.Map(printable, loss.String()))
		fmt.Fprintln(a.env.Err, line)
		comments = append(comments, "# "+line+"\n"...)
	}
	return comments
}

// printable keeps a hostile name on its line.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

func (a *app) evolveCommand() *cobra.Command {
	var reports string
	c := &cobra.Command{
		Use: "check OLD NEW", Short: "Does the new version of a contract still promise what the old one did?", Args: cobra.ExactArgs(2),
		Long: `Compare two versions of a contract, for those who rely on it. Breaking: a promise is weaker, other or gone (a column went, a
range or a set is wider, nulls are allowed). Compatible: a promise is stronger or new; data that passed may fail it. Words for readers do
not count. A breaking change is red (exit code 1).`,
		Example: "  git show main:contract.yaml > old.yaml && assay contract check old.yaml contract.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			old, err := config.LoadContract(a.path(args[0]))
			if err != nil {
				return err
			}
			changed, err := config.LoadContract(a.path(args[1]))
			if err != nil {
				return err
			}
			now := a.env.Now()
			answer := evolve.Compare(*old, *changed, args[0], args[1])
			result := finding.Result{Version: finding.ResultVersion, Tool: version(), Model: args[1], Name: args[1], Started: now, Rules: finding.Rules{Source: "head"},
				Base: finding.Base{Source: "file", Path: args[0]}, Steps: []finding.Step{{Name: "contract", Enforced: true, Started: now, Answers: []finding.Answer{answer}}}}
			if _, err := a.writeReports(reports, result); err != nil {
				return err
			}
			return a.show(result)
		},
	}
	c.Flags().StringVar(&reports, "report", "", "write report.json, report.html and comment.md into `dir`")
	return c
}

// infer drafts a contract, and holds the table against it: a draft that does not fit its own data is a fault of ours.
func (a *app) infer(ctx context.Context, path string) (text []byte, err error) {
	if profile.IsFile(a.path(path)) {
		return a.inferFromProfile(path)
	}
	engine, err := table.NewEngine(ctx, table.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	remote, err := a.remote()
	if err != nil {
		return nil, err
	}
	places := run.NewPlaces(remote, config.S3{})
	defer func() { err = errors.Join(err, places.Close()) }()
	spec, err := places.Find(ctx, table.Spec{Path: path})
	if err != nil {
		return nil, err
	}
	opened, err := engine.Open(ctx, blob.Title(path), a.global.dir, spec, false)
	if err != nil {
		return nil, err
	}
	if text, err = infer.Contract(ctx, opened); err != nil {
		return nil, err
	}
	contract, err := readBack(text)
	if err != nil {
		return nil, err
	}
	result, err := schema.Check(ctx, opened, *contract, schema.Input{File: "draft", Now: a.env.Now()})
	if err != nil {
		return nil, err
	}
	for _, f := range result.Findings() {
		if f.Outcome != finding.Pass {
			return nil, fmt.Errorf("the draft does not fit its own data: %s", f.Message)
		}
	}
	return text, nil
}

// inferFromProfile drafts a contract from what a profile knows; there is no data to hold it against.
func (a *app) inferFromProfile(path string) ([]byte, error) {
	p, err := a.readProfile(path)
	if err != nil {
		return nil, err
	}
	text, err := infer.FromProfile(p)
	if err != nil {
		return nil, err
	}
	_, err = readBack(text)
	return text, err
}

// readBack reads a draft: one that is no contract is a fault of ours.
func readBack(text []byte) (*schema.Contract, error) {
	contract, err := config.ParseContract("draft", text)
	if err != nil {
		return nil, fmt.Errorf("read the draft back: %v", err) //nolint:errorlint // not the user's to mend
	}
	return contract, nil
}
