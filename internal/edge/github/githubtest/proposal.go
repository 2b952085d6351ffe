package githubtest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Pull is a pull request, perhaps from another repository.
type Pull struct {
	Number    int
	State     string // open or closed
	HeadOwner string
	HeadRef   string
	HeadSHA   string
	BaseRef   string
}

// RunArtifact is a file that a run of a workflow kept.
type RunArtifact struct {
	ID      int64
	Name    string
	Data    []byte // as the store gives it: a file, or a zip
	Size    int64  // as the list states it; 0: of Data
	Expired bool
}

// History is what the repository holds besides what Assay writes.
type History struct {
	Pulls     []Pull
	Branches  map[string]string            // name → commit
	MergeBase map[string]string            // head commit → where it left its base
	Files     map[string]map[string]string // commit → path → content
	Artifacts map[int64][]RunArtifact      // run → what it kept
}

// SetHistory is set before the first request.
func (s *Server) SetHistory(h History) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.history = h
}

// serveHistory answers what is asked of it; ok is false for other questions.
func (s *Server) serveHistory(r *http.Request, parameters map[string]string) (status int, value any, err error, ok bool) {
	switch {
	case parameters["run_id"] != "":
		status, value, err = s.listArtifacts(parameters["run_id"], r)
	case parameters["artifact_id"] != "":
		status, value, err = s.download(parameters["artifact_id"], parameters["archive_format"])
	case parameters["basehead"] != "":
		status, value, err = s.compare(strings.TrimPrefix(r.URL.Path, "/repos/owner/repo/compare/"))
	case strings.HasPrefix(r.URL.Path, "/repos/owner/repo/contents/"):
		status, value, err = s.content(strings.TrimPrefix(r.URL.Path, "/repos/owner/repo/contents/"), r.URL.Query().Get("ref"))
	case strings.HasSuffix(r.URL.Path, "/pulls"):
		status, value = http.StatusOK, s.listPulls(r)
	default:
		return 0, nil, nil, false
	}
	return status, value, err, true
}

var errNotFound = refusal{http.StatusNotFound, "Not Found"}

// pageOfQuery is the part of a list that a request asks for.
func pageOfQuery[T any](r *http.Request, all []T) []T {
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	if size == 0 {
		size = 30
	}
	start := min(max(number-1, 0)*size, len(all))
	return all[start:min(start+size, len(all))]
}

func (s *Server) listArtifacts(run string, r *http.Request) (int, any, error) {
	id, err := strconv.ParseInt(run, 10, 64)
	if err != nil {
		return 0, nil, err
	}
	all := s.history.Artifacts[id]
	shown := []any{}
	for _, a := range pageOfQuery(r, all) {
		size := a.Size
		if size == 0 {
			size = int64(len(a.Data))
		}
		shown = append(shown, s.like("artifact", map[string]any{"id": a.ID, "name": a.Name, "size_in_bytes": size, "expired": a.Expired}))
	}
	return http.StatusOK, map[string]any{"total_count": len(all), "artifacts": shown}, nil
}

// blobPath begins the paths of the store, which is no part of the API and wants no token.
const blobPath = "/blob/"

// BlobSignature makes an address of the store a key: no log may hold it.
const BlobSignature = "c2lnbmF0dXJl-bl0b"

// moved is an answer that leads to another address.
type moved struct{ to string }

func (s *Server) download(id, format string) (int, any, error) {
	for _, all := range s.history.Artifacts {
		for _, a := range all {
			switch {
			case strconv.FormatInt(a.ID, 10) != id:
			case format != "zip":
				return 0, nil, errNotFound
			case a.Expired:
				return 0, nil, refusal{http.StatusGone, "Artifact has expired"}
			default:
				return http.StatusFound, moved{s.URL + blobPath + id + "?sig=" + BlobSignature}, nil
			}
		}
	}
	return 0, nil, errNotFound
}

// blob is what the store gives for a signed address.
func (s *Server) blob(r *http.Request) (int, []byte) {
	if r.Header.Get("Authorization") != "" || r.URL.Query().Get("sig") != BlobSignature {
		s.violation("a signed address goes as it is, and without the token")
		return http.StatusForbidden, nil
	}
	for _, all := range s.history.Artifacts {
		for _, a := range all {
			if strconv.FormatInt(a.ID, 10) == strings.TrimPrefix(r.URL.Path, blobPath) {
				return http.StatusOK, a.Data
			}
		}
	}
	return http.StatusNotFound, nil
}

func (s *Server) listPulls(r *http.Request) any {
	shown := []any{}
	for _, p := range s.history.Pulls {
		if r.URL.Query().Get("head") != p.HeadOwner+":"+p.HeadRef || r.URL.Query().Get("state") != "all" && p.State != "open" {
			continue
		}
		pull := s.like("pull-request-simple", map[string]any{"number": p.Number, "state": p.State})
		pull["head"].(map[string]any)["sha"], pull["head"].(map[string]any)["ref"] = p.HeadSHA, p.HeadRef
		base := pull["base"].(map[string]any)
		base["ref"] = p.BaseRef
		base["repo"].(map[string]any)["full_name"] = "owner/repo"
		shown = append(shown, pull)
	}
	return pageOfQuery(r, shown)
}

func (s *Server) compare(basehead string) (int, any, error) {
	base, head, _ := strings.Cut(basehead, "...")
	tip, isBranch := s.history.Branches[base]
	fork, isKnown := s.history.MergeBase[head]
	if !isBranch || !isKnown {
		return 0, nil, errNotFound
	}
	return http.StatusOK, s.like("commit-comparison", map[string]any{"status": "diverged",
		"base_commit": s.like("commit", map[string]any{"sha": tip}), "merge_base_commit": s.like("commit", map[string]any{"sha": fork})}), nil
}

func (s *Server) content(name, commit string) (int, any, error) {
	text, ok := s.history.Files[commit][name]
	if !ok {
		return 0, nil, errNotFound
	}
	return http.StatusOK, s.like("content-file", map[string]any{"type": "file", "encoding": "base64", "size": len(text), "name": path.Base(name), "path": name,
		"content": base64.StdEncoding.EncodeToString([]byte(text))}), nil
}

// slashed are the paths whose last parameter may hold slashes, which the router does not know.
var slashed = regexp.MustCompile(`^(/repos/[^/]+/[^/]+/(?:contents|compare)/)(.+)$`)

// forRouter is the request with a path that the router knows.
func forRouter(r *http.Request) *http.Request {
	parts := slashed.FindStringSubmatch(r.URL.Path)
	if parts == nil {
		return r
	}
	other := r.Clone(r.Context())
	other.URL.Path, other.URL.RawPath = parts[1]+strings.ReplaceAll(parts[2], "/", "-"), ""
	return other
}

// like is the smallest object that GitHub's description of a type allows, with some values set.
func (s *Server) like(kind string, values map[string]any) map[string]any {
	schema, ok := s.kinds[kind]
	if !ok {
		panic(fmt.Sprintf("the description has no %s", kind))
	}
	object := s.smallest(schema.Value).(map[string]any)
	maps.Copy(object, values)
	return object
}

func (s *Server) smallest(schema *openapi3.Schema) any {
	switch {
	case schema.Nullable:
		return nil
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case len(schema.OneOf)+len(schema.AnyOf) > 0:
		return s.smallest(slices.Concat(schema.OneOf, schema.AnyOf)[0].Value)
	case schema.Type.Is("integer"), schema.Type.Is("number"):
		return 1
	case schema.Type.Is("boolean"):
		return false
	case schema.Type.Is("array"):
		return []any{}
	case schema.Type.Is("string") && schema.Format == "uri":
		return s.URL + "/something"
	case schema.Type.Is("string") && schema.Format == "date-time":
		return moment
	case schema.Type.Is("string"):
		return "something"
	}
	object := map[string]any{}
	for _, part := range schema.AllOf {
		maps.Copy(object, s.smallest(part.Value).(map[string]any))
	}
	for _, name := range schema.Required {
		object[name] = s.smallest(schema.Properties[name].Value)
	}
	return object
}
