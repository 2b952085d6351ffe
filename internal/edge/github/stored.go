package github

import (
	"cmp"
	"context"
	"slices"
)

// Stored is a commit with the texts that runs of our own App left in their check runs of one name, the newest first.
type Stored struct {
	Commit string
	Texts  []string
}

// chainQuery asks for a commit's history with the check runs of one name. Whose they are is told by the App's slug: our own App is who
// asks.
const chainQuery = `query chain($owner: String!, $name: String!, $oid: GitObjectID!, $first: Int!, $check: String!) {
  viewer { login }
  repository(owner: $owner, name: $name) { object(oid: $oid) { ... on Commit { history(first: $first) { nodes {
    oid parents(first: 1) { nodes { oid } }
    checkSuites(first: 20, filterBy: {checkName: $check}) { nodes { app { slug }
      checkRuns(first: 10, filterBy: {checkName: $check, checkType: ALL}) { nodes { databaseId status text } } } } } } } } }
}`

// maxHistory bounds the commits that one question asks for: those of merged branches stand among those of the chain.
const maxHistory = 100

type chainAnswer struct {
	Viewer     struct{ Login string }
	Repository struct {
		Object *struct {
			History struct{ Nodes []chainNode }
		}
	}
}

type chainNode struct {
	OID         string `json:"oid"`
	Parents     struct{ Nodes []struct{ OID string } }
	CheckSuites struct {
		Nodes []struct {
			App       *struct{ Slug string }
			CheckRuns struct {
				Nodes []checkNode
			}
		}
	}
}

type checkNode struct {
	DatabaseID int64 `json:"databaseId"`
	Status     string
	Text       string
}

// Chain lists a commit and those before it along first parents, the newest first and at most n, in one question. The list ends
// where the answer does: a bound on how far back anybody looks.
func (c *Client) Chain(ctx context.Context, check, commit string, n int) ([]Stored, error) {
	var answer chainAnswer
	err := c.do(ctx, action{doing: "read stored results", permission: "checks: read", send: func(ctx context.Context) error {
		return c.graph(ctx, chainQuery, c.repository(map[string]any{"oid": commit, "first": maxHistory, "check": check}), &answer)
	}})
	if err != nil || answer.Repository.Object == nil {
		return nil, err
	}
	byOID := map[string]chainNode{}
	for _, node := range answer.Repository.Object.History.Nodes {
		byOID[node.OID] = node
	}
	var chain []Stored
	for next := commit; len(chain) < n; {
		node, ok := byOID[next]
		if !ok {
			break
		}
		chain = append(chain, Stored{Commit: node.OID, Texts: node.texts(answer.Viewer.Login)})
		if len(node.Parents.Nodes) == 0 {
			break
		}
		next = node.Parents.Nodes[0].OID
	}
	return chain, nil
}

// texts are those of completed check runs of the App whose bot the viewer is, the newest first.
func (n chainNode) texts(viewer string) []string {
	var runs []checkNode
	for _, suite := range n.CheckSuites.Nodes {
		if suite.App != nil && suite.App.Slug+"[bot]" == viewer {
			runs = append(runs, suite.CheckRuns.Nodes...)
		}
	}
	slices.SortFunc(runs, func(a, b checkNode) int { return cmp.Compare(b.DatabaseID, a.DatabaseID) })
	var texts []string
	for _, run := range runs {
		if run.Status == "COMPLETED" && run.Text != "" {
			texts = append(texts, run.Text)
		}
	}
	return texts
}
