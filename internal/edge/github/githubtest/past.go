package githubtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Commit is a commit of the repository, with its parents.
type Commit struct {
	SHA     string
	Parents []string
}

// Review is an approving review of a pull request.
type Review struct {
	Pull   int
	Author string
	Commit string
}

// AddCommits makes commits known.
func (s *Server) AddCommits(commits ...Commit) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.commits = append(s.commits, commits...)
}

// Approve is an approving review by somebody.
func (s *Server) Approve(review Review) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.reviews = append(s.reviews, review)
}

// Allow gives somebody a permission: admin, write, read or none.
func (s *Server) Allow(login, permission string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.permissions == nil {
		s.permissions = map[string]string{}
	}
	s.permissions[login] = permission
}

// slug is an App's: its bot's login without what marks a bot.
func slug(app App) string { return strings.TrimSuffix(app.Login, "[bot]") }

// graphChain walks the history of a commit, all parents of each.
func (s *Server) graphChain(app App, in graphInput) (any, *graphRefusal) {
	nodes := []map[string]any{}
	for queue := []string{in.Variables.OID}; len(queue) > 0 && len(nodes) < in.Variables.First; queue = queue[1:] {
		i := slices.IndexFunc(s.commits, func(c Commit) bool { return c.SHA == queue[0] })
		if i < 0 || slices.ContainsFunc(nodes, func(n map[string]any) bool { return n["oid"] == queue[0] }) {
			continue
		}
		parents := []map[string]any{}
		for _, parent := range s.commits[i].Parents[:min(1, len(s.commits[i].Parents))] {
			parents = append(parents, map[string]any{"oid": parent})
		}
		nodes = append(nodes, map[string]any{"oid": queue[0], "parents": map[string]any{"nodes": parents}, "checkSuites": map[string]any{"nodes": s.suites(queue[0], in.Variables.Check)}})
		queue = append(queue, s.commits[i].Parents...)
	}
	if len(nodes) == 0 {
		return map[string]any{"viewer": map[string]any{"login": slug(app) + "[bot]"}, "repository": map[string]any{"object": nil}}, nil
	}
	return map[string]any{"viewer": map[string]any{"login": slug(app) + "[bot]"},
		"repository": map[string]any{"object": map[string]any{"history": map[string]any{"nodes": nodes}}}}, nil
}

// suites are the check suites of a commit that have check runs of a name: one for each App.
func (s *Server) suites(sha, name string) []map[string]any {
	suites := []map[string]any{}
	for _, app := range s.apps() {
		runs := []map[string]any{}
		for _, run := range s.state.CheckRuns {
			if run.HeadSHA == sha && run.Name == name && run.App == app.ID {
				runs = append(runs, map[string]any{"databaseId": run.ID, "status": strings.ToUpper(run.Status), "text": run.Text})
			}
		}
		if len(runs) > 0 {
			suites = append(suites, map[string]any{"app": map[string]any{"slug": slug(app)}, "checkRuns": map[string]any{"nodes": runs}})
		}
	}
	return suites
}

// apps are those that tokens speak for, each once.
func (s *Server) apps() []App {
	byID := map[int64]App{}
	for _, app := range s.tokens {
		byID[app.ID] = app
	}
	apps := make([]App, 0, len(byID))
	for _, app := range byID {
		apps = append(apps, app)
	}
	slices.SortFunc(apps, func(a, b App) int { return int(a.ID - b.ID) })
	return apps
}

func (s *Server) graphWords(_ App, in graphInput) (any, *graphRefusal) {
	author := func(login string) map[string]any {
		kind := "User"
		if slices.ContainsFunc(s.apps(), func(app App) bool { return app.Login == login }) {
			kind = "Bot"
		}
		return map[string]any{"login": login, "__typename": kind}
	}
	comments, reviews := []map[string]any{}, []map[string]any{}
	for _, c := range s.state.Comments {
		if c.Pull == in.Variables.Number {
			var editor any
			if c.Editor != "" {
				editor = map[string]any{"login": c.Editor}
			}
			comments = append(comments, map[string]any{"author": author(c.Author), "editor": editor, "body": c.Body, "url": s.commentURL(c)})
		}
	}
	for _, r := range s.reviews {
		if r.Pull == in.Variables.Number {
			reviews = append(reviews, map[string]any{"author": author(r.Author), "url": s.URL + "/review", "commit": map[string]any{"oid": r.Commit}})
		}
	}
	return map[string]any{"repository": map[string]any{"pullRequest": map[string]any{"author": map[string]any{"login": "author"},
		"comments": map[string]any{"nodes": comments}, "reviews": map[string]any{"nodes": reviews}}}}, nil
}

// permission is what somebody may do.
func (s *Server) permission(login string) (int, any, error) {
	level, ok := s.permissions[login]
	if !ok {
		return 0, nil, refusal{http.StatusNotFound, "Not Found"}
	}
	return http.StatusOK, map[string]any{"permission": level, "role_name": level, "user": nil}, nil
}

// AddApp lets a token speak for an App.
func (s *Server) AddApp(token string, app App) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	tokens := maps.Clone(s.tokens) // the caller's map stays as it is
	tokens[token] = app
	s.tokens = tokens
}

// AddResult leaves a completed check run with a commit, as an App that a token speaks for would.
func (s *Server) AddResult(app App, name, sha, text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.state.CheckRuns = append(s.state.CheckRuns, CheckRun{ID: s.id(), App: app.ID, Name: name, HeadSHA: sha, Status: "completed", Conclusion: "success",
		ExternalID: fmt.Sprintf("other:%d", s.nextID), Text: text, Conclusions: []string{"success"}})
}
