package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/policy"
)

func TestFreezes(t *testing.T) {
	week := policy.Freeze{Cron: "0 16 * * 5", For: 64 * time.Hour, Zone: "Europe/Berlin"} // Friday 16:00 to Monday 08:00
	holidays := policy.Freeze{From: "2026-12-20", To: "2027-01-05", Zone: "America/New_York"}
	night := policy.Freeze{From: "2026-03-28 22:00", To: "2026-03-29 06:00", Zone: "Europe/Berlin"} // the clock goes forward at two
	for _, c := range []struct {
		freeze policy.Freeze
		moment string // UTC
		frozen bool
	}{
		// Berlin is UTC+1 in winter and UTC+2 in summer (tzdata: EU rule, last Sunday of March and October).
		{week, "2026-01-16T14:59:59Z", false}, {week, "2026-01-16T15:00:00Z", true}, {week, "2026-01-19T06:59:59Z", true}, {week, "2026-01-19T07:00:00Z", false},
		{week, "2026-07-17T13:59:00Z", false}, {week, "2026-07-17T14:00:00Z", true},
		// Over the night in which the clock goes forward it lasts 64 hours, so until nine.
		{week, "2026-03-30T06:59:59Z", true}, {week, "2026-03-30T07:00:00Z", false},
		// New York is UTC-5 in winter.
		{holidays, "2026-12-20T04:59:59Z", false}, {holidays, "2026-12-20T05:00:00Z", true}, {holidays, "2027-01-06T04:59:59Z", true}, {holidays, "2027-01-06T05:00:00Z", false},
		{night, "2026-03-28T20:59:59Z", false}, {night, "2026-03-28T21:00:00Z", true}, {night, "2026-03-29T03:59:59Z", true}, {night, "2026-03-29T04:00:00Z", false},
		{policy.Freeze{Cron: "0 0 31 12 *", For: 48 * time.Hour}, "2027-01-01T23:59:59Z", true},
		{policy.Freeze{Cron: "0 0 31 12 *", For: 48 * time.Hour}, "2026-12-30T23:59:59Z", false},
		{policy.Freeze{Cron: "0 0 29 2 *", For: time.Hour}, "2026-12-30T00:00:00Z", false},
	} {
		moment, err := time.Parse(time.RFC3339, c.moment)
		require.NoError(t, err)
		_, frozen, err := c.freeze.Until(moment)
		require.NoError(t, err)
		require.Equal(t, c.frozen, frozen, "%s in %+v", c.moment, c.freeze)
		_, message, _ := c.freeze.Problem()
		require.Empty(t, message)
	}
	end, _, err := holidays.Until(time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Equal(t, "2027-01-06T00:00:00-05:00", end.Format(time.RFC3339))
}

// What cannot be told is no day without a freeze.
func TestAFreezeThatCannotBeToldBlocks(t *testing.T) {
	spec, facts := strict(), good()
	stage := spec.Stages["production"]
	for _, freeze := range []policy.Freeze{{From: "then", To: "2027-01-01"}, {Cron: "0 0 * * *", For: time.Hour, Zone: "Mars/Olympus"}, {Cron: "often", For: time.Hour}} {
		freeze.Pos = at(8)
		stage.Freeze = []policy.Freeze{freeze}
		spec.Stages["production"] = stage
		d := policy.Decide(spec, facts)
		require.False(t, d.Allowed())
		require.Equal(t, at(8), d.Missing()[0].Pos)
		_, message, _ := freeze.Problem()
		require.NotEmpty(t, message)
	}
}

func TestWindowsThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		freeze policy.Freeze
		key    string
	}{
		"nothing":              {policy.Freeze{}, ""},
		"no end":               {policy.Freeze{From: "2026-01-01"}, ""},
		"no such day":          {policy.Freeze{From: "2026-02-30", To: "2026-03-01"}, ""},
		"the end first":        {policy.Freeze{From: "2026-03-02", To: "2026-03-01"}, "to"},
		"a length of a window": {policy.Freeze{From: "2026-03-01", To: "2026-03-01", For: time.Hour}, "for"},
		"no length":            {policy.Freeze{Cron: "0 0 * * *"}, "for"},
		"a length of months":   {policy.Freeze{Cron: "0 0 * * *", For: 1000 * time.Hour}, "for"},
		"both":                 {policy.Freeze{Cron: "0 0 * * *", For: time.Hour, From: "2026-03-01"}, "cron"},
		"no cron":              {policy.Freeze{Cron: "61 0 * * *", For: time.Hour}, "cron"},
		"no zone":              {policy.Freeze{Cron: "0 0 * * *", For: time.Hour, Zone: "Berlin"}, "zone"},
		"the machine's zone":   {policy.Freeze{Cron: "0 0 * * *", For: time.Hour, Zone: "Local"}, "zone"},
	} {
		key, message, _ := c.freeze.Problem()
		require.NotEmpty(t, message, name)
		require.Equal(t, c.key, key, name)
	}
}
