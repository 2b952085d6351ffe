package trigger

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/source"
)

// Words of a command that are no parameters.
const (
	wordRelease = "release"
	wordReason  = "reason"
	wordSHA     = "sha"
)

// paramName is what a parameter may be called: it becomes part of commands, of inputs of workflows and of file names.
var paramName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,39}$`)

// maxValue bounds the characters of a value given by hand.
const maxValue = 200

// Values checks parameters given by hand against those that are declared and adds defaults. What is wrong is told all at once, and no value
// is repeated that no declaration lets through.
func Values(declared map[string]Param, given map[string]string) (map[string]string, error) {
	var problems source.Problems
	values := map[string]string{}
	for name, p := range declared {
		if usual, err := p.value(p.Default); p.Default != "" && err == nil {
			values[name] = usual
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p, ok := declared[name]
		if !ok {
			problems = append(problems, source.Problem{Message: fmt.Sprintf("there is no parameter %q", shown(name)), Hint: known(declared)})
			continue
		}
		value, err := p.value(given[name])
		if err != nil {
			problems = append(problems, source.Problem{Message: fmt.Sprintf("parameter %s %v", name, err), Hint: "it is declared under retrain: params"})
			continue
		}
		values[name] = value
	}
	if len(values) == 0 {
		values = nil
	}
	return values, problems.OrNil()
}

func known(declared map[string]Param) string {
	if len(declared) == 0 {
		return "declare it under retrain: params"
	}
	return "declared are " + strings.Join(slices.Sorted(maps.Keys(declared)), ", ")
}

// shown is a name from outside as a message may repeat it.
func shown(name string) string {
	if !paramName.MatchString(name) {
		return "(a name of other characters)"
	}
	return name
}

// value is the value in its shortest form, or what is wrong with it.
func (p Param) value(text string) (string, error) {
	switch {
	case utf8.RuneCountInString(text) > maxValue:
		return "", fmt.Errorf("has more than %d characters", maxValue)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "", fmt.Errorf("holds characters that are no text")
	}
	text, err := p.typed(text)
	if err == nil && len(p.Enum) > 0 && !slices.Contains(p.Enum, text) {
		err = fmt.Errorf("is not one of %s", strings.Join(p.Enum, ", "))
	}
	return text, err
}

// typed reads a value by its type.
func (p Param) typed(text string) (string, error) {
	switch p.Type {
	case Boolean:
		if text != "true" && text != "false" {
			return "", fmt.Errorf("is neither true nor false")
		}
		return text, nil
	case Integer:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "", fmt.Errorf("is no whole number")
		}
		return strconv.FormatInt(n, 10), p.bounds(float64(n))
	case Decimal:
		n, err := source.ParseNumber(text, source.Pos{})
		if err != nil {
			return "", fmt.Errorf("is no finite number")
		}
		return strconv.FormatFloat(n.Value, 'g', -1, 64), p.bounds(n.Value)
	}
	if p.Pattern == "" {
		return text, nil // its enum bounds it
	}
	whole, err := regexp.Compile(`^(?:` + p.Pattern + `)$`)
	if err != nil || !whole.MatchString(text) {
		return "", fmt.Errorf("does not match %s", p.Pattern)
	}
	return text, nil
}

func (p Param) bounds(n float64) error {
	switch {
	case p.Min != nil && !(n >= p.Min.Value):
		return fmt.Errorf("is below %s", p.Min.Text)
	case p.Max != nil && !(n <= p.Max.Value):
		return fmt.Errorf("is above %s", p.Max.Text)
	}
	return nil
}

// Command is what a person wrote.
type Command struct {
	Params  map[string]string
	Release []string
	Reason  string
	SHA     string // the commit that is meant; "" where none is named
}

// Manual is the word of whoever gave the command.
func (c Command) Manual(by, how, url string) *Manual {
	return &Manual{By: by, How: how, URL: url, Reason: c.Reason, Release: c.Release}
}

// commandWord begins a command in a comment.
const commandWord = "/assay retrain"

// ParseComment finds the command in a comment: the first line that begins with it, `/assay retrain trees=200 release=cool-down reason=…`.
// The reason takes the rest of the line.
func ParseComment(body string) (Command, bool, error) {
	for line := range strings.Lines(body) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), commandWord)
		if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			continue
		}
		c, err := parseWords(rest)
		return c, true, err
	}
	return Command{}, false, nil
}

func parseWords(text string) (Command, error) {
	given := map[string]string{}
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 || strings.HasPrefix(text, wordReason+"=") {
			end = len(text)
		}
		name, value, ok := strings.Cut(text[:end], "=")
		if _, twice := given[name]; !ok || twice {
			return Command{}, source.Errorf("write "+commandWord+" key=value key=value reason=…", "a word of the command is no key=value, or its key stands twice")
		}
		given[name], text = value, text[end:]
	}
	return NewCommand(given)
}

// sha is a commit's full name.
var sha = regexp.MustCompile(`^[0-9a-f]{40}$`)

// NewCommand sorts words into parameters and what steers the decision, as inputs of a workflow and comments give them. Empty values are
// not given.
func NewCommand(words map[string]string) (Command, error) {
	c := Command{Params: map[string]string{}}
	for name, value := range words {
		switch {
		case value == "":
		case name == wordReason:
			c.Reason = cut(value)
		case name == wordSHA:
			c.SHA = value
		case name == wordRelease:
			c.Release = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		default:
			c.Params[name] = value
		}
	}
	if c.SHA != "" && !sha.MatchString(c.SHA) {
		return c, source.Errorf("write the 40 characters of the commit", "sha is no full name of a commit")
	}
	return c, c.checkRelease()
}

// checkRelease wants brakes that there are, and a reason with them.
func (c Command) checkRelease() error {
	for _, name := range c.Release {
		if !slices.Contains(BrakeNames(), name) {
			return source.Errorf("brakes are "+strings.Join(BrakeNames(), ", "), "there is no brake %q to release", shown(name))
		}
	}
	if len(c.Release) > 0 && c.Reason == "" {
		return source.Errorf("say why: reason=…", "a brake is released without a reason")
	}
	return nil
}

// cut is a text of a person, in one line and not too long.
func cut(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if runes := []rune(text); len(runes) > maxValue {
		return string(runes[:maxValue]) + "…"
	}
	return text
}
