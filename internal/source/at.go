package source

// At is a value of a config file with the place where it stands, so that a rule that fails can show its own line.
type At[T any] struct {
	Value T
	Pos   Pos
}

// MarshalYAML writes the value alone.
func (a At[T]) MarshalYAML() (any, error) { return a.Value, nil }

// Get is the value, or fallback where the key is absent.
func (a *At[T]) Get(fallback T) T {
	if a == nil {
		return fallback
	}
	return a.Value
}
