package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// BranchRules are the rules of rulesets that apply to a branch. What classic branch protection says is not among them: only
// an administrator may read that.
type BranchRules struct {
	Required         []RequiredCheck
	MergeQueue       bool
	CodeOwners       bool // a code owner must approve what code owners own
	RequiredWorkflow bool // an organization's workflow runs on each change, whatever the change edits
}

// RequiredCheck is a check that blocks until it has passed.
type RequiredCheck struct {
	Context string
	App     int64 // the only one whose check counts; 0: any
}

// ruleBody is what is read of a rule; other kinds of rules have other parameters.
type ruleBody struct {
	Type       string `json:"type"`
	Parameters struct {
		Required []struct {
			Context string `json:"context"`
			App     int64  `json:"integration_id"`
		} `json:"required_status_checks"`
		CodeOwners bool `json:"require_code_owner_review"`
	} `json:"parameters"`
}

// rulesPage is how many rules a request asks for, the most that GitHub gives.
const rulesPage = 100

// BranchRules reads the active rules of a branch. It needs no more than a token that may read the repository.
func (c *Client) BranchRules(ctx context.Context, branch string) (BranchRules, error) {
	var all BranchRules
	for page := 1; ; page++ {
		var bodies []ruleBody
		err := c.do(ctx, action{doing: "read the rules of branch " + branch, permission: "metadata: read", send: func(ctx context.Context) error {
			path := fmt.Sprintf("repos/%s/%s/rules/branches/%s?per_page=%d&page=%d", c.options.Owner, c.options.Repository, url.PathEscape(branch), rulesPage, page)
			rest := c.rest()
			request, err := rest.NewRequest(http.MethodGet, path, nil)
			if err != nil {
				return err
			}
			_, err = rest.Do(ctx, request, &bodies)
			return err
		}})
		if err != nil {
			return BranchRules{}, err
		}
		for _, body := range bodies {
			all.take(body)
		}
		if len(bodies) < rulesPage {
			return all, nil
		}
	}
}

func (r *BranchRules) take(body ruleBody) {
	switch body.Type {
	case "required_status_checks":
		for _, check := range body.Parameters.Required {
			r.Required = append(r.Required, RequiredCheck(check))
		}
	case "merge_queue":
		r.MergeQueue = true
	case "pull_request":
		r.CodeOwners = r.CodeOwners || body.Parameters.CodeOwners
	case "workflows":
		r.RequiredWorkflow = true
	}
}
