package trigger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func calendar(t *testing.T, expression, zone string) Calendar {
	t.Helper()
	c, err := ParseCalendar(expression, zone)
	require.NoError(t, err)
	return c
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// In Berlin the clocks went from 02:00 to 03:00 on 2026-03-29 and from 03:00 back to 02:00 on 2026-10-25, each at 01:00 UTC (IANA tzdata).
func TestTheNextTimeOfACalendar(t *testing.T) {
	for name, c := range map[string]struct{ cron, zone, after, want string }{
		"the same day":                              {"0 3 * * *", "UTC", "2027-01-01T02:59:59Z", "2027-01-01T03:00:00Z"},
		"never the moment itself":                   {"0 3 * * *", "UTC", "2027-01-01T03:00:00Z", "2027-01-02T03:00:00Z"},
		"in summer Berlin is two hours ahead":       {"0 3 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z", "2026-07-01T01:00:00Z"},
		"in winter one":                             {"0 3 * * *", "Europe/Berlin", "2026-12-01T00:00:00Z", "2026-12-01T02:00:00Z"},
		"a time that is skipped comes after it":     {"30 2 * * *", "Europe/Berlin", "2026-03-28T20:00:00Z", "2026-03-29T01:00:00Z"},
		"and once":                                  {"30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		"a time that comes twice counts first":      {"30 2 * * *", "Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T00:30:00Z"},
		"and not again":                             {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		"nor from within its second hour":           {"30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z"},
		"each hour over the autumn's night":         {"0 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"},
		"each hour over the spring's night":         {"0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"},
		"Mondays":                                   {"0 3 * * 1", "Europe/Berlin", "2026-12-01T00:00:00Z", "2026-12-07T02:00:00Z"},
		"the 13th or a Friday":                      {"0 0 13 * 5", "UTC", "2027-01-09T00:00:00Z", "2027-01-13T00:00:00Z"},
		"a leap day":                                {"0 0 29 2 *", "UTC", "2027-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		"a leap day over 2100, which has none":      {"0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
		"the 31st of the month skips April":         {"0 0 31 * *", "UTC", "2027-04-01T00:00:00Z", "2027-05-31T00:00:00Z"},
		"a word":                                    {"@weekly", "UTC", "2027-01-01T00:00:00Z", "2027-01-03T00:00:00Z"},
		"half an hour of difference":                {"0 3 * * *", "Australia/Lord_Howe", "2027-07-01T00:00:00Z", "2027-07-01T16:30:00Z"},
		"the year's first day where it is tomorrow": {"0 0 1 1 *", "Pacific/Kiritimati", "2026-06-01T00:00:00Z", "2026-12-31T10:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, at(c.want), calendar(t, c.cron, c.zone).After(at(c.after)).UTC())
		})
	}
}

func TestCalendarsThatAreNone(t *testing.T) {
	for name, c := range map[string][2]string{
		"four fields": {"0 3 * *", ""}, "a minute of 60": {"60 3 * * *", ""}, "the 30th of February": {"0 0 30 2 *", ""}, "nothing": {"", ""},
		"a zone within": {"TZ=UTC 0 3 * * *", ""}, "an interval": {"@every 1h", ""}, "at start": {"@reboot", ""}, "the machine's zone": {"@daily", "Local"},
		"no zone": {"@daily", "Berlin"}, "a path": {"@daily", "../../etc/passwd"}, "a zone alone": {"TZ=", ""}, "seconds": {"0 0 3 * * *", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseCalendar(c[0], c[1])
			require.Error(t, err)
		})
	}
}

// Over ten years each day's half past two comes once a day, whatever the clocks do.
func TestEachDayOnce(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC"} {
		c := calendar(t, "30 2 * * *", zone)
		from := time.Date(2020, 1, 1, 0, 0, 0, 0, c.zone)
		days, _, _ := c.Since(from, time.Date(2030, 1, 1, 0, 0, 0, 0, c.zone), 1<<20)
		require.Equal(t, 3653, days, zone) // 365·10 + 3 leap days
	}
}

func TestFreezes(t *testing.T) {
	for name, c := range map[string]struct {
		freeze Freeze
		now    string
		on     bool
	}{
		"within":                    {Freeze{From: "2027-12-20", Until: "2028-01-03"}, "2027-12-24T12:00:00Z", true},
		"the last day is over":      {Freeze{From: "2027-12-20", Until: "2028-01-03"}, "2028-01-03T00:00:00Z", false},
		"the first day in Berlin":   {Freeze{From: "2027-12-20", Until: "2028-01-03", Zone: "Europe/Berlin"}, "2027-12-19T23:00:00Z", true},
		"before it":                 {Freeze{From: "2027-12-20T17:00", Until: "2028-01-03"}, "2027-12-20T16:59:59Z", false},
		"each weekend":              {Freeze{Cron: "0 17 * * 5", For: 64 * time.Hour}, "2027-01-03T12:00:00Z", true},
		"each weekend, its start":   {Freeze{Cron: "0 17 * * 5", For: 64 * time.Hour}, "2027-01-01T17:00:00Z", true},
		"each weekend, its end":     {Freeze{Cron: "0 17 * * 5", For: 64 * time.Hour}, "2027-01-04T09:00:00Z", false},
		"each weekend, a Wednesday": {Freeze{Cron: "0 17 * * 5", For: 64 * time.Hour}, "2027-01-06T12:00:00Z", false},
	} {
		t.Run(name, func(t *testing.T) {
			on, _, err := c.freeze.covers(at(c.now))
			require.NoError(t, err)
			require.Equal(t, c.on, on)
		})
	}
}

func FuzzCalendar(f *testing.F) {
	for _, text := range []string{"0 3 * * 1", "*/5 * * * *", "0 0 29 2 *", "@daily", "TZ=UTC * * * * *", "0 0 30 2 *", "1-5/2,7 * 1 jan sun"} {
		f.Add(text, "Europe/Berlin", int64(1_800_000_000))
	}
	f.Fuzz(func(t *testing.T, expression, zone string, seconds int64) {
		c, err := ParseCalendar(expression, zone)
		if err != nil {
			return
		}
		now := time.Unix(seconds%4_000_000_000, 0)
		next := c.After(now)
		require.True(t, next.IsZero() || next.After(now))
		if again := c.After(next); !next.IsZero() && !again.IsZero() {
			require.True(t, again.After(next))
		}
	})
}
