// Package artifact is the edge to the service that keeps the files of a run of GitHub Actions: version 4 of its protocol, as a
// container of the run may speak it. It knows names and bytes, and nothing of results. No error of it holds the token or a signed
// address.
package artifact

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say where the service is. All of it stands in the environment of a container action.
type Options struct {
	ResultsURL string            // ACTIONS_RESULTS_URL
	Token      string            // ACTIONS_RUNTIME_TOKEN
	ServerURL  string            // GITHUB_SERVER_URL
	Transport  http.RoundTripper // nil: the usual one
}

// ErrNoService says that nothing keeps artifacts here; the error that wraps it says why.
var ErrNoService = errors.New("there is no artifact service")

// Service keeps the artifacts of one run.
type Service struct {
	origin string // of the service
	token  string
	run    identity
	http   *http.Client
}

// identity is the run and its job as the service calls them.
type identity struct {
	Run string `json:"workflow_run_backend_id"`
	Job string `json:"workflow_job_run_backend_id"`
}

// requestLimit bounds one request: a block of the largest size on a slow line.
const requestLimit = 2 * time.Minute

// New makes a client. It sends nothing.
func New(options Options) (*Service, error) {
	server, err := url.Parse(options.ServerURL)
	if err != nil || !isHosted(server.Hostname()) {
		return nil, fmt.Errorf("%w on GitHub Enterprise Server that a container can speak to", ErrNoService)
	}
	if options.ResultsURL == "" || options.Token == "" {
		return nil, fmt.Errorf("%w: ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN are given to the actions of a run only", ErrNoService)
	}
	address, err := url.Parse(options.ResultsURL)
	if err != nil || address.Host == "" {
		return nil, fmt.Errorf("%w: ACTIONS_RESULTS_URL is no address", ErrNoService)
	}
	run, err := identify(options.Token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoService, err)
	}
	return &Service{origin: address.Scheme + "://" + address.Host, token: options.Token, run: run,
		http: &http.Client{Timeout: requestLimit, Transport: options.Transport, CheckRedirect: refuseRedirect}}, nil
}

// isHosted reports a GitHub that others host: github.com, or a company's name under ghe.com. A server of one's own speaks version 3 only.
func isHosted(host string) bool {
	host = strings.ToLower(host)
	return host == "github.com" || strings.HasSuffix(host, ".ghe.com")
}

func refuseRedirect(*http.Request, []*http.Request) error {
	return errors.New("refused to follow a redirect")
}

// scopePrefix begins the scope of the token that names run and job: Actions.Results:RUN:JOB.
const scopePrefix = "Actions.Results:"

// identify reads run and job out of the token's claims. Its signature is the service's business.
func identify(token string) (identity, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return identity{}, errors.New("the runtime token is no JSON Web Token")
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return identity{}, errors.New("the runtime token's claims are not base64")
	}
	var claims struct {
		Scope string `json:"scp"`
	}
	if json.Unmarshal(data, &claims) != nil {
		return identity{}, errors.New("the runtime token's claims are not JSON")
	}
	for scope := range strings.FieldsSeq(claims.Scope) {
		rest, found := strings.CutPrefix(scope, scopePrefix)
		run, job, both := strings.Cut(rest, ":")
		if found && both && run != "" && job != "" && !strings.Contains(job, ":") {
			return identity{run, job}, nil
		}
	}
	return identity{}, errors.New("the runtime token names no run and job")
}

// entry is an artifact that the service has; its number is that of its page.
type entry struct {
	Name string
	ID   int64
}

// find looks for a finished artifact of this run's job by its name.
func (s *Service) find(ctx context.Context, name string) (entry, bool, error) {
	var listed struct {
		Artifacts []struct {
			Name string `json:"name"`
			ID   number `json:"databaseid"`
		} `json:"artifacts"`
	}
	err := s.call(ctx, "ListArtifacts", map[string]any{"name_filter": name}, &listed)
	for _, a := range listed.Artifacts {
		if a.Name == name {
			return entry{a.Name, int64(a.ID)}, true, err
		}
	}
	return entry{}, false, err
}
