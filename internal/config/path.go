package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

// variable begins an environment variable in a path.
const variable = "${"

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secretNames and secretValues tell variables that belong in no path: paths are shown in reports and sent to servers, and a
// pull request may write them.
var (
	secretNames  = regexp.MustCompile(`(?i)TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|SIGNATURE|COOKIE|AUTH|(^|_)KEY|KEY$|^INPUT_|^ACTIONS_`)
	secretValues = regexp.MustCompile(`gh[a-z]_[A-Za-z0-9]{20}|github_pat_|A(KIA|SIA)[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{20}|-----BEGIN`)
)

// ExpandPath replaces each ${NAME} in a path by a variable of the environment. No error holds a value.
func ExpandPath(path string, lookup func(string) (string, bool)) (string, error) {
	var expanded strings.Builder
	for {
		before, rest, found := strings.Cut(path, variable)
		expanded.WriteString(before)
		if !found {
			return expanded.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if err := checkVariable(name, closed); err != nil {
			return "", err
		}
		value, isSet := lookup(name)
		switch {
		case !isSet || value == "":
			return "", source.Errorf("set it, under env: in the workflow or with export on a laptop", "the environment variable %s is not set", name)
		case secretValues.MatchString(value):
			return "", source.Errorf("paths are shown in reports: use a variable without a secret", "the environment variable %s looks like a secret", name)
		}
		expanded.WriteString(value)
		path = after
	}
}

// checkVariable judges what can be told of a variable without the environment.
func checkVariable(name string, closed bool) error {
	switch {
	case !closed || !variableName.MatchString(name):
		return source.Errorf("write ${NAME}", "the path has a %s that names no environment variable", variable)
	case secretNames.MatchString(name):
		return source.Errorf("paths are shown in reports and sent to servers: use another variable", "the name of the environment variable %s is that of a secret", name)
	}
	return nil
}

// RemoteSpec is a table's spec with the variables of its path filled in, and where the table lies if that is elsewhere.
func RemoteSpec(spec table.Spec, lookup func(string) (string, bool)) (table.Spec, *blob.Location, error) {
	var err error
	if spec.Path, err = ExpandPath(spec.Path, lookup); err != nil {
		return spec, nil, at(spec.Pos, err)
	}
	if problems := remoteProblems(spec); len(problems) > 0 {
		return spec, nil, at(spec.Pos, problems)
	}
	if !blob.IsRemote(spec.Path) {
		return spec, nil, nil
	}
	location, err := blob.Parse(spec.Path)
	if err != nil {
		return spec, nil, at(spec.Pos, err)
	}
	return spec, &location, nil
}

// at gives problems without a place theirs.
func at(pos source.Pos, err error) error {
	var problems source.Problems
	if !errors.As(err, &problems) {
		return err
	}
	placed := make(source.Problems, len(problems))
	for i, p := range problems {
		if !p.Pos.IsKnown() {
			p.Pos = pos
		}
		placed[i] = p
	}
	return placed
}

// remoteProblems is what is wrong with a path's variables, its place elsewhere and its checksum, without looking at either.
func remoteProblems(spec table.Spec) source.Problems {
	var problems source.Problems
	var found source.Problems
	isOpen := strings.Contains(spec.Path, variable) // its variables decide what it is
	if isOpen {
		_, err := ExpandPath(spec.Path, func(string) (string, bool) { return "x", true })
		errors.As(err, &found)
	} else if blob.IsRemote(spec.Path) {
		_, err := blob.Parse(spec.Path)
		errors.As(err, &found)
	}
	problems = append(problems, found...)
	if spec.SHA256 == "" {
		return problems
	}
	if sum, err := hex.DecodeString(spec.SHA256); err != nil || len(sum) != 32 || strings.ToLower(spec.SHA256) != spec.SHA256 {
		problems = append(problems, source.Problem{Message: "sha256 is no SHA-256", Hint: "64 hexadecimal digits in small letters, as sha256sum prints them"})
	}
	if !isOpen && !blob.IsRemote(spec.Path) {
		problems = append(problems, source.Problem{Message: "sha256 is for remote paths", Hint: "take it away: what lies in the repository is known by its commit"})
	}
	return problems
}

// s3 judges the servers that the config names.
func (k checker) s3() {
	if k.c.S3.Endpoint == "" || !k.IsSound("s3") {
		return
	}
	if err := checkEndpoint(k.c.S3.Endpoint); err != nil {
		k.Report(err.Error(), "write https://host; an http:// one of your network can come from AWS_ENDPOINT_URL_S3, which the workflow sets", "s3", "endpoint")
	}
}

func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "":
		return errors.New("the endpoint is no address of a server")
	case u.Scheme == "https", u.Scheme == "http" && blob.IsLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("the endpoint begins with %.10q", u.Scheme+"://")
}
