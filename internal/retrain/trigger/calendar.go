package trigger

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones are those of the program: an image need not have them

	"github.com/robfig/cron/v3"
)

// Calendar is the times that a cron expression names on the clocks of a zone.
type Calendar struct {
	expression string
	schedule   cron.Schedule
	zone       *time.Location
}

// cronFields is the form of crontab; the library's @every counts from the start of a program and is no calendar.
var cronFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// ParseCalendar reads an expression of five fields, or one of crontab's words, and an IANA zone, "" for UTC. One that names no time
// at all, such as the 30th of February, is refused.
func ParseCalendar(expression, zone string) (Calendar, error) {
	location, err := loadZone(zone)
	if err != nil {
		return Calendar{}, err
	}
	if strings.Contains(expression, "=") || strings.HasPrefix(expression, "@every") {
		return Calendar{}, errors.New("neither zones nor @every stand in it; write five fields, such as 0 3 * * 1")
	}
	schedule, err := cronFields.Parse(expression)
	if err != nil {
		return Calendar{}, err
	}
	c := Calendar{expression, schedule, location}
	if c.After(time.Unix(0, 0)).IsZero() {
		return Calendar{}, errors.New("it names no time at all")
	}
	return c, nil
}

// loadZone is an IANA zone. Local would be the machine's.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New("zone Local is another one on each machine; name one, such as Europe/Berlin")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %q; names are those of IANA, such as Europe/Berlin", name)
	}
	return zone, nil
}

// After is the first time later than t, zero where none comes. What the clocks skip counts as the moment after the gap, and what they show
// twice as the first of the two, so that each time of the calendar comes once.
func (c Calendar) After(t time.Time) time.Time {
	for wall := wallOf(t.In(c.zone)); ; {
		if wall = c.nextWall(wall); wall.IsZero() {
			return time.Time{}
		}
		if at := c.instant(wall); at.After(t) {
			return at
		}
	}
}

// Since counts the times later than one and no later than another, up to a bound, with the first and the last of those counted.
func (c Calendar) Since(after, until time.Time, bound int) (count int, first, last time.Time) {
	for at := c.After(after); count < bound && !at.IsZero() && !at.After(until); at = c.After(at) {
		if count++; count == 1 {
			first = at
		}
		last = at
	}
	return count, first, last
}

// searches is how often five years, in which the library looks, are added before a time is said never to come: leap days lie up to eight
// years apart.
const searches = 2

// nextWall is the next time on clocks that are never put forward or back.
func (c Calendar) nextWall(wall time.Time) time.Time {
	for years := range searches {
		if next := c.schedule.Next(wall.AddDate(5*years, 0, 0)); !next.IsZero() {
			return next
		}
	}
	return time.Time{}
}

// wallOf is what the clocks show, as if it were UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is when the clocks of the zone show wall first.
func (c Calendar) instant(wall time.Time) time.Time {
	const day = 24 * time.Hour
	before := wall.Add(-offset(wall.Add(-day).In(c.zone))).In(c.zone)
	if wallOf(before).Equal(wall) {
		return before
	}
	if after := wall.Add(-offset(wall.Add(day).In(c.zone))).In(c.zone); wallOf(after).Equal(wall) {
		return after
	}
	end, _ := before.ZoneBounds() // the gap lies before it
	return end
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// The forms in which a freeze says its times.
var timeForms = []string{time.DateOnly, "2006-01-02T15:04"}

// parseTime reads a day or a time on the clocks of a zone; a day is its beginning.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	for _, form := range timeForms {
		if at, err := time.Parse(form, text); err == nil {
			return Calendar{zone: zone}.instant(at), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no day such as 2027-12-20 and no time such as 2027-12-20T17:00", text)
}

// covers reports whether a freeze lies on a moment, and when it is over.
func (f Freeze) covers(now time.Time) (bool, time.Time, error) {
	zone, err := loadZone(f.Zone)
	if err != nil {
		return false, time.Time{}, err
	}
	if f.Cron != "" {
		calendar, err := ParseCalendar(f.Cron, f.Zone)
		if err != nil {
			return false, time.Time{}, err
		}
		begin := calendar.After(now.Add(-f.For))
		return !begin.IsZero() && !begin.After(now), begin.Add(f.For), nil
	}
	from, err := parseTime(f.From, zone)
	if err != nil {
		return false, time.Time{}, err
	}
	until, err := parseTime(f.Until, zone)
	return !now.Before(from) && now.Before(until), until, err
}
