package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/go-github/v62/github"
)

// graphError is an answer of GraphQL that is none.
type graphError struct {
	status  int
	kind    string // as GitHub names it: FORBIDDEN, NOT_FOUND, …
	message string
}

func (e *graphError) Error() string { return fmt.Sprintf("GraphQL: %d %s", e.status, e.message) }

// graphAnswer is an answer of GraphQL with what was asked for.
type graphAnswer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"errors"`
}

// graph asks GraphQL; into is what stands under data.
func (c *Client) graph(ctx context.Context, query string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.options.GraphQLURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.options.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := github.CheckResponse(response); err != nil {
		return err
	}
	var answer graphAnswer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return &graphError{response.StatusCode, "", "the answer is not JSON"}
	}
	if len(answer.Errors) > 0 {
		return &graphError{response.StatusCode, answer.Errors[0].Type, answer.Errors[0].Message}
	}
	return json.Unmarshal(answer.Data, into)
}

// repository are the variables that name the repository, with more.
func (c *Client) repository(more map[string]any) map[string]any {
	variables := map[string]any{"owner": c.options.Owner, "name": c.options.Repository}
	for name, value := range more {
		variables[name] = value
	}
	return variables
}

// page is a page of a list.
type page struct {
	PageInfo struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	} `json:"pageInfo"`
	Nodes []post `json:"nodes"`
}
