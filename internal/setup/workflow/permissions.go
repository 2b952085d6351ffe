package workflow

// Permissions are what a token may do, as a workflow or a job says.
type Permissions struct {
	At     *Value            // a map, or one word for all
	Scopes map[string]*Value // by scope: write, read or none
}

// permissions is nil for nil.
func permissions(v *Value) *Permissions {
	if v == nil {
		return nil
	}
	p := &Permissions{At: v, Scopes: map[string]*Value{}}
	for scope, level := range v.Pairs() {
		p.Scopes[scope.Value] = level
	}
	return p
}

// Level is what the token may do with a scope. Scopes that a map leaves out are none (GitHub's documentation of
// permissions).
func (p *Permissions) Level(scope string) string {
	switch p.At.Text() {
	case "write-all":
		return "write"
	case "read-all":
		return "read"
	}
	if level := p.Scopes[scope].Text(); level != "" {
		return level
	}
	return "none"
}

// Allows reports whether the token may read or write a scope.
func (p *Permissions) Allows(scope, level string) bool {
	has := p.Level(scope)
	return has == level || has == "write" && level == "read"
}

// WritesAnything reports whether the token may change something.
func (p *Permissions) WritesAnything() bool {
	if p.At.Text() == "write-all" {
		return true
	}
	for _, level := range p.Scopes {
		if level.Text() == "write" {
			return true
		}
	}
	return false
}
