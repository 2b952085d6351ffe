package artifacttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// input is what any method may be given.
type input struct {
	Run     string  `json:"workflow_run_backend_id"`
	Job     string  `json:"workflow_job_run_backend_id"`
	Name    string  `json:"name"`
	Filter  string  `json:"name_filter"`
	Version int     `json:"version"`
	MIME    *string `json:"mime_type"`
	Size    string  `json:"size"`
	Hash    string  `json:"hash"`
}

// fields are those that each method knows beside the two identifiers.
var fields = map[string][]string{
	"CreateArtifact":       {"name", "version", "mime_type"},
	"FinalizeArtifact":     {"name", "size", "hash"},
	"ListArtifacts":        {"name_filter"},
	"GetSignedArtifactURL": {"name"},
	"DeleteArtifact":       {"name"},
}

// call answers one method.
func (s *Server) call(method string, r *http.Request) (int, []byte) {
	if r.Header.Get("Authorization") != "Bearer "+Token() || r.Header.Get("Content-Type") != "application/json" {
		return s.refuse(http.StatusUnauthorized, "%s: token or content type", method)
	}
	var given map[string]json.RawMessage
	decoder := json.NewDecoder(r.Body)
	if err := decoder.Decode(&given); err != nil {
		return s.refuse(http.StatusBadRequest, "%s: %v", method, err)
	}
	if _, hasType := given["mime_type"]; hasType && s.NoTypes {
		return http.StatusInternalServerError, nil // no violation: a client cannot know
	}
	for name := range given {
		if !strings.HasSuffix(name, "_backend_id") && !slices.Contains(fields[method], name) {
			return s.refuse(http.StatusBadRequest, "%s knows no field %s", method, name)
		}
	}
	var in input
	data, _ := json.Marshal(given)
	if err := json.Unmarshal(data, &in); err != nil || in.Run != Run || in.Job != Job {
		return s.refuse(http.StatusBadRequest, "%s: other identifiers than the token's: %v", method, err)
	}
	return s.serve(method, in)
}

func (s *Server) serve(method string, in input) (int, []byte) {
	switch method {
	case "CreateArtifact":
		return s.create(in)
	case "FinalizeArtifact":
		return s.finalize(in)
	case "ListArtifacts":
		return s.list(in)
	}
	artifact := s.find(in.Name, true)
	if artifact == nil {
		return s.refuse(http.StatusNotFound, "%s: nothing is named %s", method, in.Name)
	}
	if method == "DeleteArtifact" {
		s.artifacts = slices.DeleteFunc(s.artifacts, func(a *Artifact) bool { return a == artifact })
		return s.say("ok", true, "artifact_id", strconv.FormatInt(artifact.ID, 10))
	}
	return s.say("signed_url", s.address(in.Name))
}

// forbidden are the characters that no name may hold (actions/toolkit, path-and-artifact-name-validation).
const forbidden = "\":<>|*?\r\n\\/"

func (s *Server) create(in input) (int, []byte) {
	isTyped := in.MIME != nil
	switch {
	case in.Name == "" || strings.ContainsAny(in.Name, forbidden):
		return s.refuse(http.StatusBadRequest, "the name %q", in.Name)
	case isTyped && in.Version < 7, in.Version < 4:
		return s.refuse(http.StatusBadRequest, "version %d", in.Version)
	case s.find(in.Name, true) != nil:
		return s.refuse(http.StatusConflict, "%s is there", in.Name)
	}
	s.artifacts = slices.DeleteFunc(s.artifacts, func(a *Artifact) bool { return a.Name == in.Name })
	s.last++
	made := &Artifact{ID: 3_000_000_000 + s.last, Name: in.Name, Version: in.Version, blocks: map[string][]byte{}} // more than 32 bits hold
	if isTyped {
		made.MIME = *in.MIME
	}
	s.artifacts = append(s.artifacts, made)
	return s.say("ok", true, "signed_upload_url", s.address(in.Name))
}

func (s *Server) address(name string) string {
	return "http://" + s.host + "/blob/" + base64.RawURLEncoding.EncodeToString([]byte(name)) + "?se=2026&sig=" + Signature
}

func (s *Server) finalize(in input) (int, []byte) {
	artifact := s.find(in.Name, false)
	if artifact == nil || artifact.Finished {
		return s.refuse(http.StatusNotFound, "%s is not being uploaded", in.Name)
	}
	sum := sha256.Sum256(artifact.Data)
	if in.Size != strconv.Itoa(len(artifact.Data)) || in.Hash != "sha256:"+hex.EncodeToString(sum[:]) {
		return s.refuse(http.StatusBadRequest, "%s: size %s and hash %s are not those of what was uploaded", in.Name, in.Size, in.Hash)
	}
	artifact.Finished = true
	return s.say("ok", true, "artifact_id", strconv.FormatInt(artifact.ID, 10))
}

func (s *Server) list(in input) (int, []byte) {
	all := []any{}
	for _, a := range s.artifacts {
		if a.Finished && (in.Filter == "" || a.Name == in.Filter) {
			all = append(all, s.object("name", a.Name, "database_id", strconv.FormatInt(a.ID, 10), "size", strconv.Itoa(len(a.Data))))
		}
	}
	return s.say("artifacts", all)
}

// say is an answer of names and values.
func (s *Server) say(pairs ...any) (int, []byte) {
	data, err := json.Marshal(s.object(pairs...))
	if err != nil {
		panic(err)
	}
	return http.StatusOK, data
}

func (s *Server) object(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		if s.Camel {
			words := strings.Split(name, "_")
			for j, word := range words[1:] {
				words[j+1] = strings.ToUpper(word[:1]) + word[1:]
			}
			name = strings.Join(words, "")
		}
		out[name] = pairs[i+1]
	}
	return out
}

func (s *Server) storeBlock(a *Artifact, id string, body []byte) (int, []byte) {
	if decoded, err := base64.StdEncoding.DecodeString(id); err != nil || len(decoded) == 0 || len(decoded) > 64 {
		return s.refuse(http.StatusBadRequest, "block %q", id)
	}
	for other := range a.blocks {
		if len(other) != len(id) {
			return s.refuse(http.StatusBadRequest, "block %q is not as long as the others", id)
		}
	}
	a.blocks[id] = body
	return http.StatusCreated, nil
}

func (s *Server) storeList(a *Artifact, body []byte, mime string) (int, []byte) {
	var list struct {
		XMLName xml.Name `xml:"BlockList"`
		Latest  []string `xml:"Latest"`
	}
	if err := xml.Unmarshal(body, &list); err != nil {
		return s.refuse(http.StatusBadRequest, "block list: %v", err)
	}
	if a.MIME != "" && mime != a.MIME {
		return s.refuse(http.StatusBadRequest, "%s is %s, and its blob %q", a.Name, a.MIME, mime)
	}
	var whole bytes.Buffer
	for _, id := range list.Latest {
		block, ok := a.blocks[id]
		if !ok {
			return s.refuse(http.StatusBadRequest, "block %q was not sent", id)
		}
		whole.Write(block)
	}
	a.Data = whole.Bytes()
	return http.StatusCreated, nil
}
