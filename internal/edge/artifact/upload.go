package artifact

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// File is one file to keep.
type File struct {
	Name string // of the artifact and of the file in it
	MIME string // what a browser takes it for
	Data []byte
}

// Kept is an artifact that the service has.
type Kept struct {
	ID       int64 // of its page: SERVER/OWNER/REPOSITORY/actions/runs/RUN/artifacts/ID
	IsZipped bool  // a browser saves it, and does not show it
}

// The versions of the protocol: from the seventh on a file may be kept as it is and with its type (actions/toolkit, packages/artifact).
const (
	versionAsIs = 7
	versionZip  = 4
)

// Upload keeps a file, in place of one of the same name that an earlier step of the run kept. A service that takes no types gets it in a
// zip.
func (s *Service) Upload(ctx context.Context, f File) (Kept, error) {
	address, err := s.create(ctx, map[string]any{"name": f.Name, "version": versionAsIs, "mime_type": f.MIME})
	data, isZipped := f.Data, false
	if hasStatus(err, http.StatusBadRequest, http.StatusInternalServerError) {
		isZipped = true
		if data, err = zipped(f); err == nil {
			address, err = s.create(ctx, map[string]any{"name": f.Name, "version": versionZip})
		}
	}
	if err != nil {
		return Kept{}, err
	}
	if err := s.put(ctx, address, f.MIME, data); err != nil {
		return Kept{}, err
	}
	id, err := s.finalize(ctx, f.Name, data)
	return Kept{id, isZipped}, err
}

// create begins an artifact and answers with the signed address to write to. One that is there already, perhaps from an attempt whose
// answer was lost, makes way.
func (s *Service) create(ctx context.Context, fields map[string]any) (address string, err error) {
	var created struct {
		OK  bool   `json:"ok"`
		URL string `json:"signeduploadurl"`
	}
	err = s.call(ctx, "CreateArtifact", fields, &created)
	if hasStatus(err, http.StatusConflict) {
		var deleted struct{}
		if err := s.call(ctx, "DeleteArtifact", map[string]any{"name": fields["name"]}, &deleted); err != nil && !hasStatus(err, http.StatusNotFound) {
			return "", err
		}
		err = s.call(ctx, "CreateArtifact", fields, &created)
	}
	if err == nil && (!created.OK || created.URL == "") {
		err = errors.New("CreateArtifact: the service gave no address")
	}
	return created.URL, err
}

// blockSize is how much one request writes; the service of blobs takes up to 4,000 MiB in one.
const blockSize = 8 << 20

// blockList is the request that makes a blob of blocks.
type blockList struct {
	XMLName xml.Name `xml:"BlockList"`
	Latest  []string `xml:"Latest"`
}

// put writes the blob: its blocks, each of which may be written twice, and then their list.
func (s *Service) put(ctx context.Context, address, mime string, data []byte) error {
	var list blockList
	for start := 0; start < len(data) || start == 0; start += blockSize {
		id := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%08d", start/blockSize)) // all of one length, as Azure wants it
		list.Latest = append(list.Latest, id)
		block := data[start:min(start+blockSize, len(data))]
		if err := s.putPart(ctx, address, url.Values{"comp": {"block"}, "blockid": {id}}, "", block); err != nil {
			return err
		}
	}
	body, err := xml.Marshal(list)
	if err != nil {
		return err
	}
	return s.putPart(ctx, address, url.Values{"comp": {"blocklist"}}, mime, append([]byte(xml.Header), body...))
}

func (s *Service) putPart(ctx context.Context, address string, query url.Values, mime string, body []byte) error {
	target, err := url.Parse(address)
	if err != nil {
		return errors.New("upload: the service gave no address")
	}
	if target.RawQuery != "" {
		target.RawQuery += "&"
	}
	target.RawQuery += query.Encode() // the signature covers what is there already, as it is there
	return again(ctx, func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPut, target.String(), bytes.NewReader(body))
		if err != nil {
			return withoutAddress("upload", err)
		}
		request.Header.Set("Content-Type", "application/octet-stream")
		if mime != "" {
			request.Header.Set("X-Ms-Blob-Content-Type", mime)
		}
		_, err = s.send(request, "upload", maxAnswer)
		return err
	})
}

// finalize ends the upload. Where the answer was lost it is looked for, and not ended twice.
func (s *Service) finalize(ctx context.Context, name string, data []byte) (int64, error) {
	sum := sha256.Sum256(data)
	var ended struct {
		OK bool   `json:"ok"`
		ID number `json:"artifactid"`
	}
	err := s.callOnce(ctx, "FinalizeArtifact", map[string]any{"name": name, "size": strconv.Itoa(len(data)), "hash": "sha256:" + hex.EncodeToString(sum[:])}, &ended)
	if err != nil && isPassing(err) {
		if found, isThere, lookErr := s.find(ctx, name); lookErr == nil && isThere {
			return found.ID, nil
		}
	}
	if err == nil && !ended.OK {
		err = errors.New("FinalizeArtifact: the service did not take it")
	}
	return int64(ended.ID), err
}

// zipped is a zip with the file alone.
func zipped(f File) ([]byte, error) {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	w, err := archive.Create(f.Name)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(f.Data)
	err = errors.Join(err, archive.Close())
	return b.Bytes(), err
}
