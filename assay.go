// Package assay holds the files that the program carries with it.
package assay

import "embed"

// Files are the demo's data, config, contract and base metrics.
//
//go:embed testdata/german_credit.csv testdata/demo
var Files embed.FS
