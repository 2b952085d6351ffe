package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/go-github/v62/github"
)

// Artifact is a file that a run of a workflow kept.
type Artifact struct {
	ID      int64
	Name    string // hostile where the run was a pull request's
	Size    int64  // bytes, as it is kept
	Expired bool
}

// maxListed bounds how many artifacts of a run are looked at; GitHub keeps at most 500 of a job's.
const maxListed = 2000

// Artifacts lists what a run kept.
func (c *Client) Artifacts(ctx context.Context, run int64) ([]Artifact, error) {
	var all []Artifact
	total := 1
	for page := 1; len(all) < min(total, maxListed) && page <= maxListed/100; page++ {
		err := c.do(ctx, action{doing: "list the artifacts of the run", permission: "actions: read", send: func(ctx context.Context) error {
			listed, _, err := c.rest().Actions.ListWorkflowRunArtifacts(ctx, c.options.Owner, c.options.Repository, run, &github.ListOptions{Page: page, PerPage: 100})
			if err != nil {
				return err
			}
			for _, a := range listed.Artifacts {
				all = append(all, Artifact{ID: a.GetID(), Name: a.GetName(), Size: a.GetSizeInBytes(), Expired: a.GetExpired()})
			}
			total = int(listed.GetTotalCount())
			return nil
		}})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// DownloadArtifact reads an artifact as it is kept: a file, or a zip. More than limit bytes are an error.
func (c *Client) DownloadArtifact(ctx context.Context, id, limit int64) ([]byte, error) {
	var data []byte
	err := c.do(ctx, action{doing: "download the artifact", permission: "actions: read", send: func(ctx context.Context) error {
		address, response, err := c.rest().Actions.DownloadArtifact(ctx, c.options.Owner, c.options.Repository, id, 0)
		if response != nil && response.StatusCode >= http.StatusBadRequest {
			return github.CheckResponse(response.Response)
		}
		if err != nil {
			return err
		}
		data, err = c.blob(ctx, address, limit)
		return err
	}})
	return data, err
}

// blob reads from a signed address, without the token. No error of it holds the address.
func (c *Client) blob(ctx context.Context, address *url.URL, limit int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, errors.New("GitHub gave no address")
	}
	response, err := c.http.Do(request)
	var quoting *url.Error
	if errors.As(err, &quoting) {
		return nil, quoting.Err
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the store answered %d %s", response.StatusCode, http.StatusText(response.StatusCode))
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return data, err
}
