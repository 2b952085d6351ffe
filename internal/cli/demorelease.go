package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/edge/git"
)

// releasePolicy is what the demo's stages ask. There is no GitHub, so the word of a file counts.
const releasePolicy = `
# What a version needs to come to a stage. It counts as the default branch has it.
release:
  artifact: models/credit.json
  evidence: file # without GitHub; there it is the check run of the commit
  stages:
    staging: {needs: [validate, gate]}
    production: {needs: [validate, gate], branches: [main]}
`

// releaseFiles makes the built-in trainer keep its model, and adds the policy.
func releaseFiles(d *demoFiles) {
	d.config = strings.Replace(d.config, "positive: bad}", "positive: bad, save: models/credit.json}", 1) + releasePolicy
}

// scene is one command of the story of a promotion.
type scene struct {
	says string // to the reader, before it
	edit func(config string) string
	save string   // message of a commit that is made before it
	args []string // of assay
	code int      // that it must end with
}

// releaseStory is two versions, a refusal, promotions and the way back.
func releaseStory() []scene {
	ran := func(version string) []string {
		return []string{"run", "--quiet", "--base-metrics", "base-metrics.json", "--report", "reports/" + version}
	}
	register := func(version string) []string {
		return []string{"registry", "register", "german-credit", "--version", version, "--artifact", "models/credit.json", "--metrics", "metrics.json"}
	}
	promote := func(version, stage, result string) []string {
		return []string{"registry", "promote", "german-credit@" + version, "--to", stage, "--result", "reports/" + result + "/report.json"}
	}
	return []scene{
		{says: "A model is trained and judged. The run keeps the digest of its bytes.", args: ran("v1.0.0")},
		{says: "It is registered on its commit, with that digest.", save: "The first model", args: register("v1.0.0")},
		{says: "The policy lets it into staging, and then into production.", args: promote("v1.0.0", "staging", "v1.0.0")},
		{args: promote("v1.0.0", "production", "v1.0.0")},
		{says: "Another model: a stronger penalty, on a commit of its own.", args: ran("v1.1.0"),
			edit: func(config string) string {
				return strings.Replace(config, "positive: bad,", "positive: bad, strength: 20,", 1)
			}},
		{save: "A stronger penalty", args: register("v1.1.0")},
		{says: "Straight to production, on the result of the other model? A refusal names all that is missing.", args: promote("v1.1.0", "production", "v1.0.0"), code: exitRed},
		{says: "So: its own result, and one stage after the other.", args: promote("v1.1.0", "staging", "v1.1.0")},
		{args: promote("v1.1.0", "production", "v1.1.0")},
		{says: "It serves, and turns out to be wrong. One command leads back.", args: []string{"registry", "rollback", "german-credit", "--reason", "turns good customers away"}},
		{says: "Nothing was lost.", args: []string{"registry", "show", "german-credit"}},
		{args: []string{"registry", "history", "german-credit"}},
	}
}

// tellStory tells a story in a scratch repository.
func (a *app) tellStory(ctx context.Context, dir string, story []scene) error {
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil { // of an earlier demo
		return err
	}
	repository, err := git.Scratch(ctx, dir, "Assay demo", "demo@example.com")
	if err != nil {
		return err
	}
	if _, err := repository.CommitAll(ctx, "Data, contract and rules"); err != nil {
		return err
	}
	for _, s := range story {
		if err := a.tellScene(ctx, dir, repository, s); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) tellScene(ctx context.Context, dir string, repository *git.Repository, s scene) error {
	if s.says != "" {
		fmt.Fprintf(a.env.Out, "\n# %s\n", s.says)
	}
	if s.edit != nil {
		path := filepath.Join(dir, "assay.yaml")
		config, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(s.edit(string(config))), 0o644); err != nil {
			return err
		}
	}
	if s.save != "" {
		if _, err := repository.CommitAll(ctx, s.save); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.env.Out, "$ assay %s\n", strings.Join(quoted(s.args), " "))
	env := a.env
	env.Args = append([]string{"-C", dir, "--format", "text"}, s.args...)
	env.Environ = slices.DeleteFunc(slices.Clone(env.Environ), func(entry string) bool { return strings.HasPrefix(entry, "GITHUB_") })
	if code := execute(ctx, env); code != s.code {
		return fmt.Errorf("assay %s ended with %d, not %d", strings.Join(s.args, " "), code, s.code)
	}
	return nil
}

// quoted are arguments as a shell takes them.
func quoted(args []string) []string {
	shown := slices.Clone(args)
	for i, arg := range args {
		if strings.ContainsAny(arg, " #") {
			shown[i] = "'" + arg + "'"
		}
	}
	return shown
}
