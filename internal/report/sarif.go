package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"

	"github.com/assay-ml/assay/internal/finding"
)

// The parts of SARIF 2.1.0 (OASIS) that a result fills.
type (
	sarifFile struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Kind         string            `json:"kind"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region *sarifRegion `json:"region,omitempty"`
		} `json:"physicalLocation"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

// SARIF writes the findings that are no passes for code scanning. A finding without a place of its own stands at the config;
// its fingerprint is its step, rule and subject, so that it is the same one from run to run.
func SARIF(w io.Writer, r finding.Result) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "Assay", Version: visible(r.Tool), Rules: []sarifRule{}}}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	index := map[string]int{}
	for _, step := range r.Steps {
		for _, f := range step.Findings() {
			if f.Outcome == finding.Pass {
				continue
			}
			id := visible(step.Name) + "/" + visible(f.Rule)
			if _, ok := index[id]; !ok {
				index[id] = len(run.Tool.Driver.Rules)
				run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: id, ShortDescription: sarifText{fmt.Sprintf("Assay %s: %s", visible(step.Name), visible(f.Rule))}})
			}
			run.Results = append(run.Results, sarifResultOf(step, f, id, index[id], r.Rules.Config))
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifFile{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

func sarifResultOf(step finding.Step, f finding.Finding, id string, index int, config string) sarifResult {
	text := visible(f.Message)
	if f.Hint != "" {
		text += "; " + visible(f.Hint)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", step.Name, f.Rule, f.Subject))
	result := sarifResult{RuleID: id, RuleIndex: index, Kind: "fail", Level: "warning", Message: sarifText{text}, Fingerprints: map[string]string{"assay/v1": hex.EncodeToString(sum[:16])}}
	switch {
	case f.Outcome == finding.NotRun && !f.Blocks():
		result.Kind, result.Level = "open", "none" // SARIF: only a failure has a level
	case step.Enforced && f.Blocks():
		result.Level = "error"
	}
	place := f.Pos
	if !place.IsKnown() || !isWithin(place.File) {
		place.File, place.Line, place.Column = config, 1, 0
	}
	if place.File != "" && isWithin(place.File) {
		var location sarifLocation
		location.Physical.Artifact.URI = (&url.URL{Path: path.Clean(place.File)}).String()
		location.Physical.Region = &sarifRegion{place.Line, place.Column}
		result.Locations = []sarifLocation{location}
	}
	return result
}
