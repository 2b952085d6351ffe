package registry

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// FirstVersion is that of a model without versions, as GTO begins.
const FirstVersion = "v0.0.1"

// maxName bounds the names of models and stages: they stand in names of refs, whose parts are files of at most 255 bytes.
const maxName = 100 // bytes

// The names that GTO 1.10.1 takes (constants.py), and what git takes of them (git check-ref-format).
var (
	plainName  = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9\-/_]*[a-zA-Z0-9])?$`)
	folderName = regexp.MustCompile(`^[a-zA-Z0-9\-_./]+$`)
)

// CheckModel reports whether a model can have this name: letters, digits, '-', '_' and '/'; before a colon a folder.
func CheckModel(name string) error {
	folder, rest, hasFolder := strings.Cut(name, ":")
	if !hasFolder {
		rest = name
	}
	fits := plainName.MatchString(rest) && (!hasFolder || folderName.MatchString(folder))
	if !fits || !isRefPart(name) {
		return fmt.Errorf("%.120q is no name of a model: letters, digits, '-', '_' and '/', which begin and end with a letter or digit", name)
	}
	return nil
}

// CheckStage reports whether a stage can have this name.
func CheckStage(name string) error {
	if !plainName.MatchString(name) || !isRefPart(name) {
		return fmt.Errorf("%.120q is no name of a stage: letters, digits, '-', '_' and '/', which begin and end with a letter or digit", name)
	}
	return nil
}

// isRefPart reports what git takes as part of a ref's name, of names of these characters.
func isRefPart(name string) bool {
	if len(name) > maxName || strings.Contains(name, "..") || strings.Contains(name, "//") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "-")
}

// CheckVersion reports whether a version has a name such as v1.2.0: semantic versioning 2.0.0 behind a v.
func CheckVersion(name string) error {
	if _, err := parseVersion(name); err != nil || len(name) > maxName {
		return fmt.Errorf("%.120q is no version: write one such as v1.2.0 or v2.0.0-rc.1", name)
	}
	return nil
}

func parseVersion(name string) (*semver.Version, error) {
	digits, ok := strings.CutPrefix(name, "v")
	if !ok {
		return nil, semver.ErrInvalidSemVer
	}
	return semver.StrictNewVersion(digits)
}

// Compare orders versions: by precedence of semantic versioning, then by their text. What is no version comes before all.
func Compare(a, b string) int {
	left, leftErr := parseVersion(a)
	right, rightErr := parseVersion(b)
	if leftErr != nil || rightErr != nil {
		return cmp.Or(cmp.Compare(rank(leftErr), rank(rightErr)), cmp.Compare(a, b))
	}
	return cmp.Or(left.Compare(right), cmp.Compare(a, b))
}

func rank(err error) int {
	if err != nil {
		return 0
	}
	return 1
}

// Bump is which part of a version the next one raises.
type Bump string

// The parts.
const (
	Patch Bump = "patch"
	Minor Bump = "minor"
	Major Bump = "major"
)

// Next is the version after one; after none it is the first.
func Next(latest string, bump Bump) string {
	version, err := parseVersion(latest)
	if err != nil {
		return FirstVersion
	}
	next := version.IncPatch()
	switch bump {
	case Minor:
		next = version.IncMinor()
	case Major:
		next = version.IncMajor()
	}
	return "v" + next.String()
}
