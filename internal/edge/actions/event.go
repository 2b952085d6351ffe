package actions

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Event is what started the run, and on what.
type Event struct {
	Name        string // pull_request, push, …
	Repository  string // owner/name
	PullRequest int    // 0: none
	HeadSHA     string // the commit that is judged: of a pull request its head, not the test merge
	Ref         string // the branch or tag that the run belongs to
	BaseRef     string // the branch that a pull request goes into
	BaseSHA     string // of a merge group, and the commit before a push
	RunURL      string
	Workflow    string
	WorkflowRef string // OWNER/NAME/PATH@REF of the workflow's file
	Default     string // the repository's default branch
	Actor       string // login of who started this attempt of the run
	Job         string
	Matrix      string // the values of this job of a matrix, such as "3.12, linux"; "" without one
	Run         string // id and attempt
	RunNumber   int64  // how often the workflow has run, this time included; attempts are not counted
	APIURL      string
	GraphQLURL  string
	ServerURL   string
	// IsReadOnly says that the token writes nothing: the change comes from a fork, or from Dependabot.
	IsReadOnly bool
	Judged     Judged            // of workflow_run
	Inputs     map[string]string // of workflow_dispatch
	Comment    *Comment          // of issue_comment
}

// Comment is what somebody has just written on an issue or a pull request. Its text comes from outside.
type Comment struct {
	Action string // created, edited, …
	By     string
	IsBot  bool
	Body   string
	URL    string
}

// Judged is the run of another workflow that ended.
type Judged struct {
	ID         int64
	Attempt    int64
	Number     int64  // how often its workflow had run
	Event      string // that started it
	Conclusion string
	URL        string
	HeadSHA    string
	HeadOwner  string // of the repository that the head is in, perhaps a fork
	HeadBranch string
	IsFork     bool // of another repository than this one
}

// Run is the run as the marks of comments order it.
func (j Judged) Run() string { return fmt.Sprintf("%d/%d", j.ID, j.Attempt) }

// Branch is the branch or tag of the run as people call it.
func (e Event) Branch() string {
	return strings.TrimPrefix(strings.TrimPrefix(e.Ref, "refs/heads/"), "refs/tags/")
}

// IsProposal reports whether the event judges a change that is not on its branch yet: the base's rules count then.
func (e Event) IsProposal() bool { return e.PullRequest != 0 || e.Name == "merge_group" }

// payload is what is read of an event.
type payload struct {
	Number     int `json:"number"`
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
	Before      string `json:"before"`
	PullRequest struct {
		Number int  `json:"number"`
		Head   head `json:"head"`
		Base   struct {
			Ref string `json:"ref"`
		} `json:"base"`
	} `json:"pull_request"`
	MergeGroup struct {
		HeadSHA string `json:"head_sha"`
		BaseSHA string `json:"base_sha"`
	} `json:"merge_group"`
	WorkflowRun workflowRun                `json:"workflow_run"`
	Inputs      map[string]json.RawMessage `json:"inputs"`
	Action      string                     `json:"action"`
	Comment     struct {
		Body string `json:"body"`
		URL  string `json:"html_url"`
		User struct {
			Login string `json:"login"`
			Type  string `json:"type"`
		} `json:"user"`
	} `json:"comment"`
}

// inputs are those of workflow_dispatch as texts, in which form the runner gives them too.
func (p payload) inputs() map[string]string {
	inputs := map[string]string{}
	for name, value := range p.Inputs {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value) // a number, true or false
		}
		inputs[name] = text
	}
	return inputs
}

// workflowRun is a run of another workflow.
type workflowRun struct {
	ID             int64      `json:"id"`
	Attempt        int64      `json:"run_attempt"`
	Number         int64      `json:"run_number"`
	Event          string     `json:"event"`
	Conclusion     string     `json:"conclusion"`
	URL            string     `json:"html_url"`
	HeadSHA        string     `json:"head_sha"`
	HeadBranch     string     `json:"head_branch"`
	HeadRepository repository `json:"head_repository"`
	PullRequests   []struct {
		Number int  `json:"number"`
		Head   head `json:"head"`
		Base   struct {
			Ref string `json:"ref"`
		} `json:"base"`
	} `json:"pull_requests"`
}

// judged is the run as whoever publishes its result sees it.
func (w workflowRun) judged(repository string) Judged {
	from := w.HeadRepository
	return Judged{ID: w.ID, Attempt: w.Attempt, Number: w.Number, Event: w.Event, Conclusion: w.Conclusion, URL: w.URL, HeadSHA: w.HeadSHA, HeadBranch: w.HeadBranch,
		HeadOwner: from.Owner.Login, IsFork: from.FullName != "" && !strings.EqualFold(from.FullName, repository)}
}

type head struct {
	SHA        string     `json:"sha"`
	Repository repository `json:"repo"`
}

type repository struct {
	FullName string `json:"full_name"`
	Owner    struct {
		Login string `json:"login"`
	} `json:"owner"`
}

// dependabot is the actor whose runs get the token of a fork.
const dependabot = "dependabot[bot]"

// maxEvent bounds the event file: its texts come from outside.
const maxEvent = 32 << 20

// Event reads what the runner says of this run.
func (r *Runner) Event() (Event, error) {
	e := Event{
		Name: r.getenv("GITHUB_EVENT_NAME"), Repository: r.getenv("GITHUB_REPOSITORY"), HeadSHA: r.getenv("GITHUB_SHA"),
		Ref: r.getenv("GITHUB_REF"), Workflow: r.getenv("GITHUB_WORKFLOW"), Job: r.getenv("GITHUB_JOB"), Matrix: matrixOf(r.Input("matrix")),
		WorkflowRef: r.getenv("GITHUB_WORKFLOW_REF"), Actor: or(r.getenv("GITHUB_TRIGGERING_ACTOR"), r.getenv("GITHUB_ACTOR")),
		Run:       r.getenv("GITHUB_RUN_ID") + "/" + r.getenv("GITHUB_RUN_ATTEMPT"),
		ServerURL: or(r.getenv("GITHUB_SERVER_URL"), "https://github.com"), APIURL: or(r.getenv("GITHUB_API_URL"), "https://api.github.com"),
	}
	e.RunNumber, _ = strconv.ParseInt(r.getenv("GITHUB_RUN_NUMBER"), 10, 64) // 0 where there is none
	e.GraphQLURL = or(r.getenv("GITHUB_GRAPHQL_URL"), strings.TrimSuffix(strings.TrimSuffix(e.APIURL, "/"), "/v3")+"/graphql")
	if id := r.getenv("GITHUB_RUN_ID"); id != "" && e.Repository != "" {
		e.RunURL = fmt.Sprintf("%s/%s/actions/runs/%s", e.ServerURL, e.Repository, id)
	}
	p, err := readPayload(r.getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return e, err
	}
	e.Default = p.Repository.DefaultBranch
	e.take(p, r.getenv("GITHUB_ACTOR"))
	return e, nil
}

// matrixOf are the values of a matrix, which arrive as JSON, in the order of their names.
func matrixOf(input string) string {
	var values map[string]any
	if json.Unmarshal([]byte(input), &values) != nil {
		return ""
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		word, isText := values[name].(string)
		if !isText {
			text, _ := json.Marshal(values[name]) // it came from JSON
			word = string(text)
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func readPayload(path string) (payload, error) {
	var p payload
	if path == "" {
		return p, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return p, fmt.Errorf("read the event: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxEvent))
	if err != nil {
		return p, fmt.Errorf("read the event: %w", err)
	}
	return parsePayload(data)
}

func parsePayload(data []byte) (payload, error) {
	var p payload
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("read the event: %w", err)
	}
	return p, nil
}

// take fills in what the kind of event says; actor is who started the run.
func (e *Event) take(p payload, actor string) {
	switch e.Name {
	case "pull_request", "pull_request_target":
		e.PullRequest, e.BaseRef = p.PullRequest.Number, p.PullRequest.Base.Ref
		if e.PullRequest == 0 {
			e.PullRequest = p.Number
		}
		e.HeadSHA = or(p.PullRequest.Head.SHA, e.HeadSHA)
		from := p.PullRequest.Head.Repository.FullName
		e.IsReadOnly = e.Name == "pull_request" && (from != "" && !strings.EqualFold(from, e.Repository) || actor == dependabot)
	case "merge_group":
		e.HeadSHA, e.BaseSHA = or(p.MergeGroup.HeadSHA, e.HeadSHA), p.MergeGroup.BaseSHA
	case "workflow_run":
		e.HeadSHA = or(p.WorkflowRun.HeadSHA, e.HeadSHA)
		e.Judged = p.WorkflowRun.judged(e.Repository)
		// For a fork's the list is empty, and for a branch of several pull requests it does not say which.
		if pulls := p.WorkflowRun.PullRequests; len(pulls) == 1 && pulls[0].Head.SHA == e.HeadSHA {
			e.PullRequest, e.BaseRef = pulls[0].Number, pulls[0].Base.Ref
		}
	case "push":
		e.BaseSHA = p.Before
	case "workflow_dispatch":
		e.Inputs = p.inputs()
	case "issue_comment":
		c := p.Comment
		e.Comment = &Comment{Action: p.Action, By: c.User.Login, IsBot: c.User.Type != "User", Body: c.Body, URL: c.URL}
	}
}
