package artifact

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// TooLargeError says that a file is larger than its reader takes.
type TooLargeError struct {
	Limit int64 // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the file is larger than %d bytes", e.Limit)
}

// Download reads an artifact of this run: at most limit bytes, as it is kept and as it is.
func (s *Service) Download(ctx context.Context, name string, limit int64) ([]byte, error) {
	var signed struct {
		URL string `json:"signedurl"`
	}
	if err := s.call(ctx, "GetSignedArtifactURL", map[string]any{"name": name}, &signed); err != nil {
		return nil, err
	}
	var data []byte
	err := again(ctx, func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, signed.URL, nil)
		if err != nil {
			return withoutAddress("download", err)
		}
		data, err = s.send(request, "download", limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return Unpack(data, limit)
}

// zipMark begins a zip that holds something, and emptyMark one that does not.
const (
	zipMark   = "PK\x03\x04"
	emptyMark = "PK\x05\x06"
)

// Unpack is the one file of an artifact: the bytes themselves, or what the only entry of a zip holds, at most limit of them. Names in the zip
// are not used, and nothing is written anywhere.
func Unpack(data []byte, limit int64) ([]byte, error) {
	if int64(len(data)) > limit {
		return nil, &TooLargeError{limit}
	}
	if !bytes.HasPrefix(data, []byte(zipMark)) && !bytes.HasPrefix(data, []byte(emptyMark)) {
		return data, nil
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("the zip is damaged: %w", err)
	}
	if len(archive.File) != 1 {
		return nil, fmt.Errorf("the zip holds %d files, and not one", len(archive.File))
	}
	entry := archive.File[0]
	switch {
	case !entry.Mode().IsRegular():
		return nil, errors.New("the zip holds a link or a folder, and no file")
	case entry.UncompressedSize64 > uint64(limit):
		return nil, &TooLargeError{limit}
	}
	return inflate(entry, limit)
}

// inflate trusts no size that the zip states.
func inflate(entry *zip.File, limit int64) ([]byte, error) {
	reader, err := entry.Open()
	if err != nil {
		return nil, fmt.Errorf("the zip is damaged: %w", err)
	}
	defer reader.Close()
	data, err := io.ReadAll(io.LimitReader(reader, limit+1))
	if int64(len(data)) > limit {
		return nil, &TooLargeError{limit}
	}
	if err != nil {
		return nil, fmt.Errorf("the zip is damaged: %w", err)
	}
	return data, nil
}
