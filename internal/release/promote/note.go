package promote

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/release/policy"
	"github.com/assay-ml/assay/internal/release/registry"
)

// Notes of a version tell of each transition to a stage by its number.
const (
	promotionPrefix = "promotion/"
	orderPrefix     = "dispatch/"
)

func promotionKey(number int) string { return promotionPrefix + strconv.Itoa(number) }
func orderKey(number int) string     { return orderPrefix + strconv.Itoa(number) }

// Summary is what stays of a decision beside the transition: enough to see later who let the version in, by which rules and on which evidence.
type Summary struct {
	Stage      string            `json:"stage"`
	Policy     string            `json:"policy"`
	Source     string            `json:"source,omitempty"`
	Digest     string            `json:"digest,omitempty"`
	Evidence   string            `json:"evidence,omitempty"` // commit whose result counted
	By         string            `json:"by,omitempty"`
	Approvals  []policy.Approval `json:"approvals,omitempty"`
	Overridden *policy.Override  `json:"overridden,omitempty"`
	Missing    []string          `json:"missing,omitempty"` // rules that were set aside
}

func summaryOf(d policy.Decision) Summary {
	s := Summary{Stage: d.Stage, Policy: d.Policy, Source: d.Source, Digest: d.Digest, Evidence: d.Commit, By: d.By, Approvals: d.Approvals, Overridden: d.Overridden}
	for _, check := range d.Missing() {
		s.Missing = append(s.Missing, check.Rule+": "+check.Message)
	}
	return s
}

// Order is a dispatch that belongs to a transition.
type Order struct {
	State    string            `json:"state"`
	Workflow string            `json:"workflow,omitempty"`
	Event    string            `json:"event,omitempty"`
	Ref      string            `json:"ref,omitempty"`
	Inputs   map[string]string `json:"inputs,omitempty"`
	Run      int64             `json:"run,omitempty"` // that it started, where that is known
	Why      string            `json:"why,omitempty"` // it is not sent
}

// The states of an order. Each is written before what follows from it is done.
const (
	Wanted  = "wanted"  // written with the transition
	Sending = "sending" // somebody set out to send it
	Sent    = "sent"
	Dropped = "dropped" // it cannot be sent, or is not wanted any more
)

func orderOf(d policy.Dispatch, v *registry.Version, model, stage string, decision policy.Decision) Order {
	known := map[string]string{"model": model, "version": v.Name, "stage": stage, "commit": decision.Commit, "digest": decision.Digest, "location": ""}
	if record := v.Record(); record != nil {
		known["location"] = record.Location
	}
	return Order{State: Wanted, Workflow: d.Workflow, Event: d.Event, Ref: d.Ref, Inputs: d.Filled(known)}
}

// Name is what the order starts, in a few words.
func (o Order) Name() string { return policy.Dispatch{Workflow: o.Workflow, Event: o.Event}.Name() }

// written is a note's text.
func written(part any) string {
	text, err := json.Marshal(part)
	if err != nil {
		panic(fmt.Sprintf("promote: write a note: %v", err)) // texts and numbers
	}
	return string(text)
}

// Summaries are what the notes of a version tell of its transitions, by their numbers. What is no summary is left out: anybody who may
// write to the registry may write notes.
func Summaries(v *registry.Version) map[int]Summary { return numbered[Summary](v, promotionPrefix) }

// orders are the dispatches of a version by the numbers of their transitions.
func orders(v *registry.Version) map[int]Order { return numbered[Order](v, orderPrefix) }

func numbered[T any](v *registry.Version, prefix string) map[int]T {
	all := map[int]T{}
	for key, text := range v.Notes {
		rest, ok := strings.CutPrefix(key, prefix)
		number, err := strconv.Atoi(rest)
		var value T
		if ok && err == nil && json.Unmarshal([]byte(text), &value) == nil {
			all[number] = value
		}
	}
	return all
}
