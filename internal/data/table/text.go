package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// file is one file of a table.
type file struct {
	path        string // as the user knows it; its endings tell format and compression
	local       string // where its bytes lie: path, or where they were fetched to
	stored      string // what the engine reads: local, or a UTF-8 copy of it in the spill folder
	compression string // gzip, zstd or uncompressed, of stored
	encoding    string // of path
	size        int64
	partitions  []partition // the key=value folders above it, in order
}

// uncompressed is the engine's word for no compression.
const uncompressed = "uncompressed"

// partition is one folder of a Hive-partitioned table.
type partition struct{ key, value string }

// keys are the partition columns of a file.
func (f file) keys() []string {
	keys := make([]string, len(f.partitions))
	for i, p := range f.partitions {
		keys[i] = p.key
	}
	return keys
}

// literal names the file in SQL; the engine takes a name for a pattern otherwise.
func (f file) literal() string { return Literal(literalGlob.Replace(f.stored)) }

// plainSize is the size of a file without its compression, supposed to be to a tenth.
func (f file) plainSize() int64 {
	if f.compression == uncompressed {
		return f.size
	}
	return 10 * f.size
}

// openText opens a file as plain UTF-8 bytes: decompressed, decoded, without a byte order mark.
func openText(f file) (io.ReadCloser, error) {
	in, err := os.Open(f.local)
	if err != nil {
		return nil, err
	}
	_, compressed := extensions(f.path)
	plain, err := decompress(in, compressions[compressed])
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return readCloser{decode(plain, f.encoding), in}, nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

func decompress(in io.Reader, compression string) (io.Reader, error) {
	switch compression {
	case "gzip":
		out, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("read gzip: %w", err)
		}
		return out, nil
	case "zstd":
		// One goroutine at a time decodes in the caller, so that nothing has to be closed.
		out, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("read zstd: %w", err)
		}
		return out, nil
	}
	return in, nil
}

var (
	utf8Mark    = []byte("\xef\xbb\xbf")
	utf16Little = []byte("\xff\xfe")
	utf16Big    = []byte("\xfe\xff")
)

// decode turns text into UTF-8. A byte order mark decides between the forms of UTF-16; without one it is little-endian.
func decode(in io.Reader, encoding string) io.Reader {
	switch encoding {
	case "utf-16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(in)
	case "latin-1":
		return charmap.ISO8859_1.NewDecoder().Reader(in)
	}
	buffered := bufio.NewReader(in)
	if mark, _ := buffered.Peek(len(utf8Mark)); bytes.Equal(mark, utf8Mark) {
		buffered.Discard(len(utf8Mark))
	}
	return buffered
}

// encodingOf is the declared encoding, or what a byte order mark says, or utf-8.
func encodingOf(f file, declared string) (string, error) {
	if declared != "" {
		return declared, nil
	}
	in, err := openText(f)
	if err != nil {
		return "", err
	}
	defer in.Close()
	mark := make([]byte, 2)
	if _, err := io.ReadFull(in, mark); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	if bytes.Equal(mark, utf16Little) || bytes.Equal(mark, utf16Big) {
		return "utf-16", nil
	}
	return "utf-8", nil
}

// headBytes is how much of a file is looked at before the engine reads it.
const headBytes = 256 << 10

// head is the start of a file as text.
func head(f file) ([]byte, error) {
	in, err := openText(f)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, headBytes))
}

// storeUTF8 writes a copy that the engine can read of a file in another encoding, below folder. The engine takes the values
// of partitions from the path that it reads.
func storeUTF8(f file, folder string) (file, error) {
	in, err := openText(f)
	if err != nil {
		return f, err
	}
	defer in.Close()
	if folder, err = os.MkdirTemp(folder, "text-*"); err != nil {
		return f, err
	}
	for _, p := range f.partitions {
		folder = filepath.Join(folder, p.key+"="+p.value)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return f, err
	}
	out, err := os.Create(filepath.Join(folder, "data"))
	if err != nil {
		return f, err
	}
	size, err := io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return f, errors.Join(err, os.Remove(out.Name()))
	}
	f.stored, f.compression, f.size = out.Name(), uncompressed, size
	return f, nil
}
