package union

import (
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/check/evolve"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// checks keeps each check of the base that none of the change covers.
func (j *join) checks() {
	j.joined.Validate = slices.Clone(j.head.Validate)
	for _, old := range j.base.Validate {
		if old.Leakage != nil {
			j.leakage(old)
		} else {
			j.contract(old)
		}
	}
	for _, now := range j.head.Validate {
		j.isNew(now)
	}
}

func (j *join) leakage(old config.Check) {
	name := "leakage " + old.Leakage.Train + " to " + old.Leakage.Test
	for _, now := range j.head.Validate {
		if now.Leakage == nil || now.Leakage.Train != old.Leakage.Train || now.Leakage.Test != old.Leakage.Test {
			continue
		}
		if before, after := said(*old.Leakage), said(*now.Leakage); before != after {
			j.keep(old)
			j.add(name, Changed, before, after, now.Leakage.Pos)
		}
		return
	}
	j.keep(old)
	j.add(name, Removed, said(*old.Leakage), "", source.Pos{})
}

// contract keeps a contract of the base unless some contract of the change on the same table promises all that it does.
func (j *join) contract(old config.Check) {
	name := "contract " + old.Contract + " on " + old.Table
	var nearest *config.Check
	for i, now := range j.head.Validate {
		if now.Leakage != nil || now.Table != old.Table {
			continue
		}
		if old.ChangeCosts() == finding.SeverityFail {
			j.joined.Validate[i].Changes = finding.SeverityFail
		}
		if covers(now.Use, old.Use) {
			if changes := evolve.Compare(*old.Promises, *now.Promises, "", "").Changes; len(changes) > 0 {
				j.add(name, Tightened, "", summary(changes), now.Promises.Pos)
			}
			return
		}
		if nearest == nil || now.Contract == old.Contract {
			nearest = &j.head.Validate[i]
		}
	}
	j.keep(old)
	if nearest == nil {
		j.add(name, Removed, "promised", "", source.Pos{})
		return
	}
	changes := evolve.Compare(*old.Promises, *nearest.Promises, "", "").Changes
	breaking := slices.DeleteFunc(slices.Clone(changes), func(c evolve.Change) bool { return c.Effect != evolve.Breaking })
	if len(breaking) == 0 {
		j.add(name, Loosened, said(old.Use), said(nearest.Use), nearest.Pos)
		return
	}
	j.add(name, Loosened, "", summary(breaking), nearest.Promises.Pos)
}

// covers reports whether a use of a contract holds a table to all that another one does.
func covers(now, old schema.Use) bool {
	return (len(now.Tags) == 0 || slices.Equal(now.Tags, old.Tags)) && now.ChangeCosts().Broken().Compare(old.ChangeCosts().Broken()) >= 0 &&
		!evolve.Compare(*old.Promises, *now.Promises, "", "").IsBreaking()
}

// maxSummary bounds the promises that a row lists.
const maxSummary = 5

// summary is what changed in a contract, in a few words.
func summary(changes []evolve.Change) string {
	var parts []string
	for i, c := range changes {
		if i == maxSummary {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, strings.TrimSpace(c.Column+" "+c.Key+" "+c.Words()))
	}
	return strings.Join(parts, "; ")
}

func (j *join) keep(old config.Check) {
	old.OfBase = true
	j.joined.Validate = append(j.joined.Validate, old)
}

// isNew shows a check that the base has not.
func (j *join) isNew(now config.Check) {
	for _, old := range j.base.Validate {
		switch {
		case now.Leakage != nil && old.Leakage != nil && now.Leakage.Train == old.Leakage.Train && now.Leakage.Test == old.Leakage.Test,
			now.Leakage == nil && old.Leakage == nil && now.Table == old.Table:
			return
		}
	}
	if now.Leakage != nil {
		j.add("leakage "+now.Leakage.Train+" to "+now.Leakage.Test, Added, "", said(*now.Leakage), now.Leakage.Pos)
		return
	}
	j.add("contract "+now.Contract+" on "+now.Table, Added, "", "promised", now.Pos)
}
