package strict

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/source"
	"gopkg.in/yaml.v3"
)

// DurationPattern is how a duration is written: 90s, 10m, 1h30m.
const DurationPattern = `^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`

// Only decimal numbers are read: YAML 1.1 and 1.2 take 012 for different numbers, and 0x1F, 0o17 and 1_000 are beyond
// what a reader of limits expects.
var (
	wholeNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	anyNumber   = regexp.MustCompile(`^[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
	leadingZero = regexp.MustCompile(`^[-+]?0+[0-9]`)
	anyDuration = regexp.MustCompile(DurationPattern)
)

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// isText reports whether YAML takes a scalar for a text. A date is one: no file of ours has dates of its own.
func isText(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!str" || n.ShortTag() == "!!timestamp")
}

func isNumber(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!int" || n.ShortTag() == "!!float")
}

func (d *Document) text(n *yaml.Node, target reflect.Value, s spot) {
	switch {
	case n.Kind == yaml.ScalarNode && !isText(n) && !s.anyScalar:
		d.problem(n, "put it in quotes: "+strconv.Quote(cut(n.Value)), "%s must be text, not %s", s.what, describe(n))
	case n.Kind != yaml.ScalarNode:
		d.problem(n, "", "%s must be text, not %s", s.what, describe(n))
	case strings.ContainsRune(n.Value, 0):
		d.problem(n, "remove it", "%s holds a zero byte", s.what)
	case s.nonEmpty && n.Value == "":
		d.problem(n, "", "%s is empty", s.what)
	case d.isAllowed(n, s):
		target.SetString(n.Value)
	}
}

// isAllowed reports a value that stands for none of the words that the spot allows.
func (d *Document) isAllowed(n *yaml.Node, s spot) bool {
	if len(s.enum) == 0 || slices.Contains(s.enum, n.Value) {
		return true
	}
	d.problem(n, Suggest(n.Value, s.enum, "allowed: "+strings.Join(s.enum, ", ")), "%s cannot be %s", s.what, quote(n.Value))
	return false
}

func (d *Document) boolean(n *yaml.Node, target reflect.Value, s spot) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool" {
		target.SetBool(strings.EqualFold(n.Value, "true"))
		return
	}
	hint := ""
	switch strings.ToLower(n.Value) {
	case "yes", "on", "y", "1":
		hint = "write true"
	case "no", "off", "n", "0":
		hint = "write false"
	case "true", "false":
		hint = "remove the quotes"
	}
	d.problem(n, hint, "%s must be true or false, not %s", s.what, describe(n))
}

func (d *Document) integer(n *yaml.Node, target reflect.Value, s spot) {
	if !isNumber(n) || !wholeNumber.MatchString(n.Value) {
		d.problem(n, numberHint(n), "%s must be a whole number, not %s", s.what, strings.TrimPrefix(describe(n), "the number "))
		return
	}
	value, err := strconv.ParseInt(n.Value, 10, target.Type().Bits())
	if err != nil {
		d.problem(n, "", "%s is too large: %s", s.what, cut(n.Value))
		return
	}
	if d.isAllowed(n, s) {
		target.SetInt(value)
	}
}

func (d *Document) number(n *yaml.Node, target reflect.Value, s spot) {
	if number, ok := d.finite(n, s); ok {
		target.Set(reflect.ValueOf(number))
	}
}

func (d *Document) float(n *yaml.Node, target reflect.Value, s spot) {
	if number, ok := d.finite(n, s); ok {
		target.SetFloat(number.Value)
	}
}

func (d *Document) finite(n *yaml.Node, s spot) (source.Number, bool) {
	if !isNumber(n) || !anyNumber.MatchString(n.Value) {
		d.problem(n, numberHint(n), "%s must be a finite number, not %s", s.what, strings.TrimPrefix(describe(n), "the number "))
		return source.Number{}, false
	}
	number, err := source.ParseNumber(n.Value, d.pos(n))
	if err != nil {
		d.problem(n, "", "%s: %s", s.what, err)
		return source.Number{}, false
	}
	return number, true
}

// numberHint is the remedy for something that looks like a number and is not read as one.
func numberHint(n *yaml.Node) string {
	text := n.Value
	switch {
	case n.Kind != yaml.ScalarNode:
		return ""
	case leadingZero.MatchString(text):
		return "write it without the leading zero, which some programs take for octal"
	case isText(n) && anyNumber.MatchString(text):
		return "remove the quotes"
	case strings.HasSuffix(text, "%"):
		return "write a share of one: 5% is 0.05"
	case strings.ContainsRune(text, ',') && anyNumber.MatchString(strings.ReplaceAll(text, ",", ".")):
		return "write a point for the decimal comma"
	case strings.HasSuffix(strings.ToLower(text), "nan"), strings.HasSuffix(strings.ToLower(text), "inf"):
		return "" // the message says it
	default:
		return "write it in decimal digits, such as 0.05 or 1000"
	}
}

func (d *Document) duration(n *yaml.Node, target reflect.Value, s spot) {
	if isNumber(n) {
		d.problem(n, "write "+cut(n.Value)+"s for seconds, or m or h", "%s lacks a unit", s.what)
		return
	}
	if !isText(n) || !anyDuration.MatchString(n.Value) {
		d.problem(n, "write it like 90s, 10m or 1h30m", "%s must be a duration, not %s", s.what, describe(n))
		return
	}
	value, err := time.ParseDuration(n.Value)
	if err != nil {
		d.problem(n, "", "%s is too long: %s", s.what, cut(n.Value))
		return
	}
	target.SetInt(int64(value))
}

// describe says what a node is, in the words of someone who writes YAML.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "a map"
	case isNull(n):
		return "nothing"
	case isText(n):
		return "the text " + quote(n.Value)
	case isNumber(n):
		return "the number " + cut(n.Value)
	default:
		return cut(n.Value)
	}
}

// maxShown bounds the characters of a value that a message repeats.
const maxShown = 40

func quote(text string) string { return strconv.Quote(cut(text)) }

func cut(text string) string {
	if utf8.RuneCountInString(text) <= maxShown {
		return text
	}
	return string([]rune(text)[:maxShown]) + "…"
}
