package githubtest

import (
	"net/http"
	"net/url"
	"strconv"
)

// SetRules gives a branch its rules, each as GitHub writes it but for the ruleset that it comes from.
func (s *Server) SetRules(branch string, rules ...map[string]any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, rule := range rules {
		rule["ruleset_source_type"], rule["ruleset_source"], rule["ruleset_id"] = "Repository", "owner/repo", 42
	}
	s.rules = map[string][]map[string]any{branch: rules}
}

// RequiredCheck is the rule that a check must have passed; app is the App whose check counts, 0 for any.
func RequiredCheck(context string, app int) map[string]any {
	check := map[string]any{"context": context}
	if app != 0 {
		check["integration_id"] = app
	}
	return map[string]any{"type": "required_status_checks", "parameters": map[string]any{
		"required_status_checks": []any{check}, "strict_required_status_checks_policy": false}}
}

// listRules answers with one page; a branch that has no rules, or is not there, has an empty list.
func (s *Server) listRules(branch string, query url.Values) (int, any, error) {
	number := func(name string, fallback int) int {
		if n, err := strconv.Atoi(query.Get(name)); err == nil {
			return n
		}
		return fallback
	}
	all := s.rules[branch]
	size := number("per_page", 30)
	from := min((number("page", 1)-1)*size, len(all))
	page := append([]map[string]any{}, all[from:min(from+size, len(all))]...)
	return http.StatusOK, page, nil
}
