package publish

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/source"
)

// The artifacts of a run: PREFIX.NAME.json, or PREFIX.NAME.MATRIX.json for a job of a matrix.
const (
	resultPrefix = "assay-result"
	reportPrefix = "assay-report"
	flipsPrefix  = "assay-flips"
)

// Named is the name of a config's results: it tells several Assay jobs of one repository apart.
func Named(c *config.Config) string { return cmp.Or(c.Name, c.Model) }

// ResultName is the name of the artifact that keeps a job's result for whoever publishes it.
func ResultName(name, matrix string) string { return join(resultPrefix, name, matrix) + ".json" }

// ReportName is that of the HTML report.
func ReportName(name, matrix string) string { return join(reportPrefix, name, matrix) + ".html" }

// FlipsName is that of the file of rows about which one of two models alone is right.
func FlipsName(name, matrix string) string { return join(flipsPrefix, name, matrix) + ".csv" }

func join(prefix, name, matrix string) string {
	parts := []string{prefix, slug(name)}
	if matrix != "" {
		parts = append(parts, slug(matrix))
	}
	return strings.Join(parts, ".")
}

// maxSlug bounds a part of a name; the service takes 260 characters in all.
const maxSlug = 80

// slug is a text in characters that names of artifacts may hold, without the dot that parts them.
func slug(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_', r == '-':
			return r
		}
		return '-'
	}, text)
	return clean[:min(len(clean), maxSlug)]
}

// keptResult is an artifact that may hold a result.
type keptResult struct {
	id      int64
	name    string
	matrix  string
	size    int64
	refusal error // why it is not read at all
}

// maxResults bounds the jobs of a matrix: each has a comment and a check run of its own.
const maxResults = 16

// kept lists the results of this config that the run kept, of several with one name the newest. Where there is none, that is told on the pull
// request.
func (p *publication) kept(ctx context.Context) ([]keptResult, error) {
	listed, err := p.Back.GitHub.Artifacts(ctx, p.Back.Event.Judged.ID)
	if err != nil {
		return nil, err
	}
	newest := map[string]keptResult{}
	for _, a := range listed {
		matrix, isOurs := matrixOf(a.Name, Named(p.config))
		if !isOurs || a.ID <= newest[a.Name].id {
			continue
		}
		k := keptResult{id: a.ID, name: a.Name, matrix: matrix, size: a.Size}
		if a.Expired {
			k.refusal = source.Errorf("run the pull request's workflow again", "the result has expired")
		}
		newest[a.Name] = k
	}
	if len(newest) == 0 {
		return []keptResult{{refusal: source.Errorf("look into the log of the run; its job must run Assay, and its config must have the name of the base's",
			"the run left no result named %s", ResultName(Named(p.config), ""))}}, nil
	}
	var all []keptResult
	for _, k := range newest {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b keptResult) int { return cmp.Compare(a.name, b.name) })
	if len(all) > maxResults {
		return []keptResult{{refusal: source.Errorf("give each model a config and a name of its own", "the run left %d results, and at most %d are read", len(all), maxResults)}}, nil
	}
	return all, nil
}

// matrixOf takes the name of an artifact apart.
func matrixOf(artifact, name string) (matrix string, isOurs bool) {
	rest, ok := strings.CutPrefix(artifact, resultPrefix+"."+slug(name)+".")
	if !ok {
		return "", false
	}
	if rest == "json" {
		return "", true
	}
	matrix, ok = strings.CutSuffix(rest, ".json")
	return matrix, ok && matrix != "" && matrix == slug(matrix)
}
