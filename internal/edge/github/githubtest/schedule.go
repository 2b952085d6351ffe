package githubtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Schedule decides what befalls each request. The same seed and the same requests make the same faults.
type Schedule struct {
	Seed uint64
	Rate float64   // how many requests suffer a fault
	Ends time.Time // after it there are none
	Fast bool      // no waits of minutes: for a clock that is the world's

	mutex  sync.Mutex
	random *rand.Rand
	counts map[string]int
	server *Server
}

// The most of some faults in one schedule: GitHub calls no text too long that is short, and what is there is found soon.
var atMost = map[string]int{"422 too long": 1, "404": 2}

// Stop ends the faults.
func (f *Schedule) Stop() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.Ends = time.Time{}
}

// Attach makes a server suffer the schedule.
func (f *Schedule) Attach(s *Server) {
	f.random, f.counts, f.server = rand.New(rand.NewPCG(f.Seed, 1)), map[string]int{}, s
	s.Fail = f.next
}

// Counts says how often each fault befell a request.
func (f *Schedule) Counts() map[string]int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return maps.Clone(f.counts)
}

func (f *Schedule) next(r *http.Request) *Fault {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if !time.Now().Before(f.Ends) || f.random.Float64() >= f.Rate {
		return nil
	}
	faults := f.possible(r)
	fault := faults[f.random.IntN(len(faults))]
	if most, ok := atMost[fault.Name]; ok && f.counts[fault.Name] >= most {
		return nil
	}
	f.counts[fault.Name]++
	return &fault
}

// possible are the faults that may befall a request.
func (f *Schedule) possible(r *http.Request) []Fault {
	second := func(n int) time.Duration { return time.Duration(1+f.random.IntN(n)) * time.Second }
	all := []Fault{
		{Name: "500", Status: http.StatusInternalServerError},
		{Name: "502 after the effect", Status: http.StatusBadGateway, Applies: true},
		{Name: "503 before the effect", Status: http.StatusServiceUnavailable, Body: "<html>"},
		{Name: "cut before the effect", Lost: Reset},
		{Name: "cut after the effect", Lost: Reset, Applies: true},
		{Name: "truncated answer", Lost: Truncated, Applies: true},
		f.limit("403 secondary", http.StatusForbidden, "Retry-After", strconv.Itoa(1+f.random.IntN(f.longest()))),
		f.limit("429", http.StatusTooManyRequests, "Retry-After", strconv.Itoa(1+f.random.IntN(f.longest()))),
		f.primary(),
	}
	if !f.Fast {
		all = append(all,
			Fault{Name: "timeout before the effect", Lost: Hang},
			Fault{Name: "timeout after the effect", Lost: Hang, Applies: true},
			Fault{Name: "cut, effect late", Lost: Reset, Applies: true, Late: second(9)},
			Fault{Name: "slow page", Slow: second(20)},
			f.limit("403 secondary, silent", http.StatusForbidden),
			f.limit("429, silent", http.StatusTooManyRequests))
	}
	isGraph := strings.HasSuffix(r.URL.Path, "/graphql")
	if isGraph {
		return append(all,
			Fault{Name: "GraphQL limit", Status: http.StatusOK, Body: `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`, Header: f.primary().Header},
			Fault{Name: "GraphQL gives up", Status: http.StatusOK, Body: `{"data":null,"errors":[{"message":"Something went wrong while executing your query. Please include ID when reporting this issue."}]}`})
	}
	if r.Method != http.MethodGet {
		all = append(all, Fault{Name: "409", Status: http.StatusConflict, Body: `{"message":"Conflict"}`})
	}
	if r.Method == http.MethodPost || r.Method == http.MethodPatch {
		all = append(all, Fault{Name: "delivered twice", Twice: true})
	}
	if r.Method == http.MethodPatch {
		all = append(all, Fault{Name: "404", Status: http.StatusNotFound, Body: `{"message":"Not Found"}`})
	}
	if strings.HasSuffix(r.URL.Path, "/comments") || r.Method == http.MethodPatch {
		tooLong := Fault{Name: "422 too long", Status: http.StatusUnprocessableEntity, Body: `{"message":"Validation Failed","errors":[{"message":"body is too long (maximum is 65536 characters)"}]}`}
		all = append(all, tooLong, tooLong, tooLong, tooLong) // it may come once only, so it should
	}
	return all
}

// longest is the longest wait of a limit in seconds.
func (f *Schedule) longest() int {
	if f.Fast {
		return 1
	}
	return 30
}

func (f *Schedule) limit(name string, status int, header ...string) Fault {
	fault := Fault{Name: name, Status: status, Header: http.Header{}, Body: `{"message":"You have exceeded a secondary rate limit."}`}
	if len(header) == 2 {
		fault.Header.Set(header[0], header[1])
	}
	return fault
}

// primary is the limit of an hour, which ends soon; its end is told by GitHub's clock.
func (f *Schedule) primary() Fault {
	ends := f.server.now().Add(time.Duration(f.random.IntN(f.longest())) * time.Second)
	return Fault{Name: "403 primary", Status: http.StatusForbidden, Body: `{"message":"API rate limit exceeded"}`,
		Header: http.Header{"X-Ratelimit-Limit": {"1000"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {fmt.Sprint(ends.Unix())}}}
}
