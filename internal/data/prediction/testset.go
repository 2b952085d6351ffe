package prediction

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// TestSet names the rows that were compared: a digest of their keys and labels, whatever their order and however often a key is answered.
// It tells whether two comparisons stood on the same rows, and nothing else about them; a sensitive label is left out of it, since few rows
// have few labellings to try.
func (j *Joined) TestSet() string {
	rows := make([][sha256.Size]byte, j.Rows())
	var text []byte
	for i, key := range j.identities {
		text = strconv.AppendQuote(text[:0], key)
		rows[i] = sha256.Sum256(append(text, j.labelText(i)...))
	}
	slices.SortFunc(rows, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	all := sha256.New()
	for _, row := range slices.Compact(rows) {
		all.Write(row[:])
	}
	return hex.EncodeToString(all.Sum(nil))
}

func (j *Joined) labelText(row int) string {
	switch {
	case j.isLabelHidden:
		return ""
	case j.Label.Codes != nil:
		return j.Classes[j.Label.Codes[row]]
	case j.Label.Numbers != nil:
		return strconv.FormatFloat(j.Label.Numbers[row], 'g', -1, 64)
	}
	return ""
}
