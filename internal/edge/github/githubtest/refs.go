package githubtest

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// object is a tag or a blob.
type object struct {
	blob  string
	tag   *tagObject
	bytes string // as git stores it
}

// tagObject is what a request asks a tag to be.
type tagObject struct {
	Tag, Message, Object, Type string
	Tagger                     struct {
		Name, Email string
		Date        time.Time
	}
}

// Refs are the refs of the repository and the objects that they point at.
func (s *Server) Refs() map[string]string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return maps.Clone(s.refs)
}

// SetRef points a ref at an object as a push would; "" takes it away.
func (s *Server) SetRef(name, oid string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.setRef(name, oid)
}

func (s *Server) setRef(name, oid string) {
	if s.refs == nil {
		s.refs = map[string]string{}
	}
	if s.refs[name] = oid; oid == "" {
		delete(s.refs, name)
	}
}

// AddTag makes a tag as a push would.
func (s *Server) AddTag(name, commit, message string, at time.Time) {
	tag := &tagObject{Tag: name, Message: message, Object: commit, Type: "commit"}
	tag.Tagger.Name, tag.Tagger.Email, tag.Tagger.Date = "gto", "gto@example.com", at
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.setRef("refs/tags/"+name, s.store("tag", object{tag: tag, bytes: tag.format()}))
}

// format is the tag as git stores it.
func (t *tagObject) format() string {
	return fmt.Sprintf("object %s\ntype %s\ntag %s\ntagger %s <%s> %d +0000\n\n%s", t.Object, t.Type, t.Tag, t.Tagger.Name, t.Tagger.Email, t.Tagger.Date.Unix(), t.Message)
}

// store keeps an object under the name that git gives it.
func (s *Server) store(kind string, o object) string {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", kind, len(o.bytes), o.bytes))
	oid := hex.EncodeToString(sum[:])
	if s.objects == nil {
		s.objects = map[string]object{}
	}
	s.objects[oid] = o
	return oid
}

var errNoContents = refusal{http.StatusForbidden, "Resource not accessible by integration"}

func (s *Server) createTag(app App, body []byte) (int, any, error) {
	if !app.Contents {
		return 0, nil, errNoContents
	}
	var tag tagObject
	if err := json.Unmarshal(body, &tag); err != nil {
		return 0, nil, err
	}
	if tag.Type != "commit" || !s.hasCommit(tag.Object) {
		return 0, nil, refusal{http.StatusUnprocessableEntity, "Object does not exist"}
	}
	oid := s.store("tag", object{tag: &tag, bytes: tag.format()})
	answer := s.like("git-tag", map[string]any{"sha": oid, "tag": tag.Tag, "message": tag.Message, "url": s.URL + "/tag",
		"object": map[string]any{"sha": tag.Object, "type": "commit", "url": s.URL + "/commit"},
		"tagger": map[string]any{"name": tag.Tagger.Name, "email": tag.Tagger.Email, "date": tag.Tagger.Date}})
	delete(answer, "verification")
	return http.StatusCreated, answer, nil
}

func (s *Server) createBlob(app App, body []byte) (int, any, error) {
	if !app.Contents {
		return 0, nil, errNoContents
	}
	var blob struct{ Content, Encoding string }
	if err := json.Unmarshal(body, &blob); err != nil {
		return 0, nil, err
	}
	if blob.Encoding != "utf-8" {
		return 0, nil, fmt.Errorf("the encoding is %q", blob.Encoding)
	}
	oid := s.store("blob", object{blob: blob.Content, bytes: blob.Content})
	return http.StatusCreated, map[string]any{"sha": oid, "url": s.URL + "/blob"}, nil
}

func (s *Server) hasCommit(sha string) bool {
	return slices.ContainsFunc(s.commits, func(c Commit) bool { return c.SHA == sha })
}

// pageSize of refs is that of comments: 100 are asked for. A cursor is the name of the last ref of a page.
func (s *Server) graphRefs(_ App, in graphInput) (any, *graphRefusal) {
	var names []string
	for name := range s.refs {
		short, ok := strings.CutPrefix(name, in.Variables.Prefix)
		if ok && strings.Contains(short, in.Variables.Query) && (in.Variables.Cursor == nil || name > *in.Variables.Cursor) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	more := len(names) > pageSize
	names = names[:min(pageSize, len(names))]
	info := map[string]any{"hasNextPage": more, "endCursor": nil}
	nodes := []map[string]any{}
	for _, name := range names {
		info["endCursor"] = name
		nodes = append(nodes, map[string]any{"prefix": in.Variables.Prefix, "name": strings.TrimPrefix(name, in.Variables.Prefix), "target": s.target(s.refs[name])})
	}
	return map[string]any{"repository": map[string]any{"id": repositoryNode, "refs": map[string]any{"pageInfo": info, "nodes": nodes}}}, nil
}

// repositoryNode is GraphQL's name of the repository.
const repositoryNode = "R_1"

// target is an object as a question for refs sees it.
func (s *Server) target(oid string) map[string]any {
	o := s.objects[oid]
	switch {
	case o.tag != nil:
		return map[string]any{"oid": oid, "message": o.tag.Message, "target": map[string]any{"oid": o.tag.Object, "__typename": "Commit"},
			"tagger": map[string]any{"name": o.tag.Tagger.Name, "email": o.tag.Tagger.Email, "date": o.tag.Tagger.Date.UTC()}}
	case o.bytes != "":
		return map[string]any{"oid": oid, "text": o.blob}
	}
	return map[string]any{"oid": oid} // a commit
}

// refUpdate is one of updateRefs.
type refUpdate struct {
	Name      string
	BeforeOID string
	AfterOID  string
	Force     bool
}

const noObject = "0000000000000000000000000000000000000000"

// graphUpdateRefs moves all refs or none. GitHub refuses what is not a fast forward unless it is forced; only commits know one.
func (s *Server) graphUpdateRefs(app App, in graphInput) (any, *graphRefusal) {
	if !app.Contents {
		return nil, &graphRefusal{"FORBIDDEN", "Resource not accessible by integration"}
	}
	if in.Variables.Repository != repositoryNode {
		return nil, notFound
	}
	seen := map[string]bool{}
	for _, u := range in.Variables.Updates {
		if why := s.refuses(u, seen[u.Name]); why != "" {
			return nil, &graphRefusal{"UNPROCESSABLE", u.Name + " " + why}
		}
		seen[u.Name] = true
	}
	for _, u := range in.Variables.Updates {
		s.setRef(u.Name, strings.TrimSuffix(u.AfterOID, noObject))
	}
	return map[string]any{"updateRefs": map[string]any{"clientMutationId": nil}}, nil
}

// refuses says why an update is not made; "" where it is.
func (s *Server) refuses(u refUpdate, isSecond bool) string {
	now, exists := s.refs[u.Name]
	_, isObject := s.objects[u.AfterOID]
	switch {
	case isSecond:
		return "is named twice"
	case u.Name != "refs/"+path.Clean(strings.TrimPrefix(u.Name, "refs/")) || strings.ContainsAny(u.Name, " ~^:?*[\\\x7f") || strings.Contains(u.Name, "@{"):
		return "is not a valid ref name"
	case u.BeforeOID == noObject && exists, u.BeforeOID != noObject && u.BeforeOID != "" && u.BeforeOID != now:
		return "is not at the expected object"
	case u.AfterOID != noObject && !isObject && !s.hasCommit(u.AfterOID):
		return "would point at an object that does not exist"
	case exists && u.AfterOID != noObject && !u.Force:
		return "is not a fast forward"
	}
	for name := range s.refs {
		if strings.HasPrefix(name, u.Name+"/") || strings.HasPrefix(u.Name, name+"/") {
			return "would be a folder of another ref, or the other way round"
		}
	}
	return ""
}
