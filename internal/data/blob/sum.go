package blob

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
)

// Sum is a checksum of all the bytes of an object.
type Sum struct {
	Algorithm string // one that NewHash knows
	Hex       string
}

// hashes by the names that S3 has for them. CRC-64/NVME is given by its reversed polynomial (NVM Express base specification
// 2.0, section 5.2.1.3.4).
var hashes = map[string]func() hash.Hash{
	"md5":       md5.New,
	"sha1":      sha1.New,
	"sha256":    sha256.New,
	"crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) },
}

// NewHash is the hash of an algorithm, nil for one that is not known.
func NewHash(algorithm string) hash.Hash {
	if make := hashes[algorithm]; make != nil {
		return make()
	}
	return nil
}

// SumFromBase64 reads a sum as S3 writes it; ok is false where it is none, such as the sum of the sums of parts.
func SumFromBase64(algorithm, text string) (sum Sum, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(text)
	h := NewHash(algorithm)
	if err != nil || h == nil || len(raw) != h.Size() {
		return Sum{}, false
	}
	return Sum{Algorithm: algorithm, Hex: hex.EncodeToString(raw)}, true
}
