package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

//go:embed page.html
var pageSource string

//go:embed chart.html
var chartSource string

//go:embed page.css
var style template.CSS

//go:embed page.js
var script template.JS

var page = template.Must(template.Must(template.New("page").Funcs(template.FuncMap{
	"visible": visible, "paragraph": paragraph, "named": named, "outcome": outcome, "class": class, "stepWord": stepWord, "duration": duration, "short": short, "unit": unit,
}).Parse(chartSource)).Parse(pageSource))

// policy lets a browser run the page's own style and script, told by their hashes, and load nothing at all.
var policy = "default-src 'none'; style-src " + sourceHash(string(style)) + "; script-src " + sourceHash(string(script)) +
	"; base-uri 'none'; form-action 'none'"

// sourceHash names an inline style or script in a policy (Content Security Policy Level 3, hash-source).
func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// pageView is what the template draws.
type pageView struct {
	Result   finding.Result
	Headline finding.Headline
	Reason   string
	Steps    []stepView
	Base     string
	Rules    string
	RunURL   string // "" where it is no web address
	Started  string
	Policy   string
	Style    template.CSS
	Script   template.JS
}

// HTML writes a result as one page that needs nothing else: no font, no request. Steps that are worth reading stand open, everything
// else can be unfolded. It can be read whole without its script, which adds sorting, filtering and folding.
func HTML(w io.Writer, r finding.Result) error {
	headline := r.Headline()
	view := pageView{Result: r, Headline: headline, Reason: visible(headline.Reason), Steps: viewSteps(r.Steps), Base: strings.ReplaceAll(base(r.Base), "`", ""),
		Rules: strings.ReplaceAll(rules(r.Rules), "`", ""), Started: r.Started.UTC().Format("2006-01-02 15:04 UTC"), Policy: policy, Style: style, Script: script}
	if strings.HasPrefix(r.Subject.RunURL, "https://") {
		view.RunURL = r.Subject.RunURL
	}
	return page.Execute(w, view)
}
