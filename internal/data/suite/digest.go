package suite

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
)

// digest tells two texts apart without keeping them; "" of a blank one, which tells nothing.
func digest(text string) string {
	if len(bytes.TrimSpace([]byte(text))) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// canonical is a JSON text with its keys in order.
func canonical(raw json.RawMessage) string {
	var any any
	if json.Unmarshal(raw, &any) != nil {
		return string(raw)
	}
	text, err := json.Marshal(any)
	if err != nil {
		return string(raw)
	}
	return string(text)
}

func sorted[V any](all map[string]V) []string { return slices.Sorted(maps.Keys(all)) }
