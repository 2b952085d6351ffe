package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/run"
)

// defaultConfig is looked for where --config names nothing.
const defaultConfig = "assay.yaml"

func (a *app) configPath() string {
	if a.global.config == "" {
		return a.path(defaultConfig)
	}
	return a.path(a.global.config)
}

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check assay.yaml, or print its JSON Schema"}
	c.AddCommand(&cobra.Command{
		Use: "check", Short: "Check assay.yaml and the contracts that it names: all problems at once", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.checkConfig() },
	})
	var contract bool
	schema := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of assay.yaml for editors", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			print := config.Schema
			if contract {
				print = config.ContractSchema
			}
			data, err := print()
			if err == nil {
				_, err = a.env.Out.Write(data)
			}
			return err
		},
	}
	schema.Flags().BoolVar(&contract, "contract", false, "the schema of a contract file instead")
	c.AddCommand(schema)
	return c
}

func (a *app) checkConfig() error {
	c, err := config.Load(a.configPath())
	if err != nil {
		return err
	}
	if err := c.MissingData().OrNil(); err != nil {
		return err
	}
	asks := run.Wanted(c)
	if c.Retrain != nil {
		asks = append(asks, "retrain")
	}
	_, err = fmt.Fprintf(a.env.Out, "%s is right: model %s, steps %s\n", c.File, c.Model, strings.Join(asks, ", "))
	return err
}
