package handoff

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Marker names the attempt that counts: it is an input of the workflow, and the name of its runs.
func (s State) Marker() string {
	return fmt.Sprintf("%s %d.%d", s.Request.Key(), s.Round, s.Attempt())
}

// ParseMarker reads what Marker wrote.
func ParseMarker(text string) (key string, w Who, err error) {
	_, err = fmt.Sscanf(text, "%s %d.%d", &key, &w.Round, &w.Attempt)
	if err != nil || text != fmt.Sprintf("%s %d.%d", key, w.Round, w.Attempt) || !IsKey(key) || w.Round < 1 || w.Attempt < 1 {
		return "", Who{}, fmt.Errorf("%q names no attempt of a hand-off: it is written as the workflow's input has it, KEY ROUND.ATTEMPT", text)
	}
	return key, w, nil
}

// IsKey tells a key from other text.
func IsKey(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw)*2 == keyLength && strings.ToLower(text) == text
}

// Sentence says how a hand-off stands, in one line that tells what comes next.
func (s State) Sentence() string {
	by := s.Deadline().UTC().Format("2 Jan 15:04 UTC")
	switch s.Phase {
	case "":
		return "nobody submitted it"
	case Asked:
		return fmt.Sprintf("waits for a runner%s; ends by %s", s.attempts(), by)
	case Running:
		return fmt.Sprintf("trains%s; ends by %s", s.attempts(), by)
	case Trained:
		return "trained; its report is to come, by " + by
	}
	text := s.End.Cause.Words()
	if s.End.Detail != "" {
		text += ": " + s.End.Detail
	}
	if used, wasted := s.Cost(); used > 0 {
		text += fmt.Sprintf(" (%s of a runner, %s of it lost)", minutes(used), minutes(wasted))
	}
	return text
}

// attempts tells which attempt it is, where it is not the first.
func (s State) attempts() string {
	if s.Attempt() < 2 {
		return ""
	}
	before := s.Attempts[s.Attempt()-2].Cause
	return fmt.Sprintf(", attempt %d of %d: %s", s.Attempt(), s.Plan.Attempts, before.Words())
}

func minutes(d time.Duration) string { return fmt.Sprintf("%.0f min", d.Minutes()) }
