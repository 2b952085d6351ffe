package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	measured "github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/suite"
	"github.com/assay-ml/assay/internal/source"
)

// Suites is the answer of comparing evaluation suites.
type Suites struct {
	Need   Need     `json:"need"`
	Suites []Suite  `json:"suites"`
	Runs   []Source `json:"runs,omitempty"` // what was read
}

// Suite is one task of both models.
type Suite struct {
	Name       string     `json:"name"`
	Champion   string     `json:"champion"` // the paths of both runs
	Challenger string     `json:"challenger"`
	Role       Role       `json:"role"`
	Required   bool       `json:"required"`
	Absent     []Absence  `json:"absent,omitempty"` // why it was not compared
	Compared   *Result    `json:"compared,omitempty"`
	Notes      []string   `json:"notes,omitempty"`
	Pos        source.Pos `json:"position,omitzero"`
}

// Absence is a side of a suite that is not there, or cannot be judged.
type Absence struct {
	IsChampion bool   `json:"is-champion"`
	Why        string `json:"why"`
}

// Source is what was read of a path.
type Source struct {
	Path   string   `json:"path"`
	Format string   `json:"format"` // of several with a comma between
	Model  string   `json:"model,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

// CompareSuites compares the suites of a spec, whose paths start at dir. Items and categories of the columns that are
// sensitive are not named. All flips of classes are written to the file flips, "" for none.
func CompareSuites(ctx context.Context, dir string, spec Spec, past Past, sensitive []string, flips string) (Suites, error) {
	b := &battery{dir: dir, spec: spec, past: past, sensitive: sensitive, runs: map[runKey]run{}}
	for _, entry := range spec.Suites {
		b.entry(entry)
		if err := ctx.Err(); err != nil {
			return Suites{}, err
		}
	}
	b.result.Need = spec.need()
	b.result.decide()
	if flips == "" {
		return b.result, nil
	}
	return b.result, b.write(flips)
}

// battery compares suites one after the other.
type battery struct {
	dir       string
	spec      Spec
	past      Past
	sensitive []string
	runs      map[runKey]run
	flips     []suiteFlips
	result    Suites
}

// runKey is a path and how it is read.
type runKey struct {
	path string
	suite.Options
}

// run is what a path holds, or why that cannot be told.
type run struct {
	suite.Run
	err error
}

// read reads a run, once.
func (b *battery) read(path, model string, entry SuiteSpec) run {
	key := runKey{path, suite.Options{Format: entry.Format, Category: entry.Category, Model: model}}
	if known, ok := b.runs[key]; ok {
		return known
	}
	found, err := suite.Read(b.dir, path, key.Options)
	b.runs[key] = run{found, err}
	if err == nil {
		b.result.Runs = append(b.result.Runs, sourceOf(path, found))
	}
	return b.runs[key]
}

// sourceOf says what wrote a run, and about which model.
func sourceOf(path string, found suite.Run) Source {
	s := Source{Path: path, Notes: found.Notes}
	var formats []string
	for _, one := range found.Suites {
		s.Model = orElse(s.Model, one.Model)
		if !slices.Contains(formats, one.Format) {
			formats = append(formats, one.Format)
		}
	}
	s.Format = strings.Join(formats, ", ")
	return s
}

// entry compares the tasks of one entry.
func (b *battery) entry(entry SuiteSpec) {
	champion, challenger := b.read(entry.Champion, entry.ChampionModel, entry), b.read(entry.Challenger, entry.ChallengerModel, entry)
	tasks := entry.Tasks
	if len(tasks) == 0 {
		tasks = champion.Names()
		for _, name := range challenger.Names() {
			if !slices.Contains(tasks, name) {
				tasks = append(tasks, name)
			}
		}
	}
	if len(tasks) == 0 {
		tasks = []string{orElse(entry.Name, entry.Champion)}
	}
	for _, task := range tasks {
		s := Suite{Name: entry.title(task), Champion: entry.Champion, Challenger: entry.Challenger, Role: entry.role(), Required: entry.isRequired(), Pos: entry.Pos}
		if len(tasks) > 1 && s.Role == RolePrimary {
			s.absent(false, fmt.Sprintf("several tasks cannot be primary, and there are %d: name one under tasks", len(tasks)))
		} else {
			b.task(&s, entry, task, champion, challenger)
		}
		b.result.Suites = append(b.result.Suites, s)
	}
}

func (s *Suite) absent(isChampion bool, why string) {
	s.Absent = append(s.Absent, Absence{isChampion, why})
}

// task compares one task.
func (b *battery) task(s *Suite, entry SuiteSpec, task string, champion, challenger run) {
	ours, isOurs := s.find(true, task, champion)
	theirs, isTheirs := s.find(false, task, challenger)
	if !isOurs || !isTheirs {
		return
	}
	first, err := ours.Metric(entry.Metric)
	if err != nil {
		s.absent(true, err.Error())
		return
	}
	second, err := theirs.Metric(first.Name)
	if err != nil {
		s.absent(false, err.Error())
		return
	}
	if !s.isWhole(first, second) {
		return
	}
	s.notes(first, second, entry)
	p := pairing{task: task, first: first, second: second, isLoss: isLoss(entry, first, second), category: ours.Category,
		hidesItems: slices.Contains(b.sensitive, ours.ItemKey), hidesCategory: slices.Contains(b.sensitive, ours.Category)}
	compared, flips := p.compare(entry, b.spec, b.past)
	s.Compared = &compared
	if flips != nil {
		b.flips = append(b.flips, suiteFlips{s.Name, flips})
	}
}

// isWhole reports whether the metric has a score for each item on both sides.
func (s *Suite) isWhole(first, second suite.Metric) bool {
	if first.Why != "" {
		s.absent(true, first.Name+": "+first.Why)
	}
	if second.Why != "" {
		s.absent(false, second.Name+": "+second.Why)
	}
	return len(s.Absent) == 0
}

// find finds one side of a task, if it may be judged.
func (s *Suite) find(isChampion bool, task string, from run) (suite.Suite, bool) {
	if from.err != nil {
		s.absent(isChampion, from.err.Error())
		return suite.Suite{}, false
	}
	found, ok := from.Suite(task)
	switch {
	case !ok:
		s.absent(isChampion, "there is no task "+task+" in it")
	case found.Why != "":
		s.absent(isChampion, found.Why)
	default:
		return found, true
	}
	return found, false
}

// notes say what a reader of the numbers should know.
func (s *Suite) notes(first, second suite.Metric, entry SuiteSpec) {
	for _, m := range []suite.Metric{first, second} {
		if doubt := m.Doubt(); doubt != "" && !slices.Contains(s.Notes, doubt) {
			s.Notes = append(s.Notes, doubt)
		}
	}
	if entry.Better == "" && first.Direction == "" && second.Direction == "" {
		s.Notes = append(s.Notes, "nothing tells which way "+first.Name+" is better: higher is taken, and better says otherwise")
	}
}

// isLoss reports whether less is better.
func isLoss(entry SuiteSpec, first, second suite.Metric) bool {
	return orElse(entry.Better, orElse(first.Direction, second.Direction)) == measured.Lower
}

// decide takes all verdicts from the numbers: critical suites are one family, at the strictest of their levels.
func (r *Suites) decide() {
	var at []*Measure
	var family []Measure
	level := oneSided
	for _, s := range r.Suites {
		if s.Compared == nil {
			continue
		}
		s.Compared.decide()
		if s.Role == RoleCritical && s.Compared.Primary != nil {
			at, family = append(at, s.Compared.Primary), append(family, *s.Compared.Primary)
			level = min(level, s.Compared.level())
		}
	}
	decideTogether(family, level)
	for i, m := range family {
		*at[i] = m
	}
}

// UnmarshalJSON reads a stored result. Its verdicts are taken from its numbers again, and not from the file.
func (r *Suites) UnmarshalJSON(data []byte) error {
	type plain Suites
	if err := json.Unmarshal(data, (*plain)(r)); err != nil {
		return err
	}
	r.decide()
	return nil
}

// Recounted is a result whose looks are counted anew, as that of Result.
func (r Suites) Recounted(past Past, policy string) (Suites, error) {
	r.Suites = slices.Clone(r.Suites)
	for i, s := range r.Suites {
		if s.Compared == nil {
			continue
		}
		again, err := s.Compared.Recounted(past, policy)
		if err != nil {
			return r, fmt.Errorf("suite %s: %w", s.Name, err)
		}
		r.Suites[i].Compared = &again
	}
	r.decide()
	return r, nil
}

// Subjects are what the answer tells of, as SuiteSubjects asks for it: each suite by its name, and by its runs.
func (r Suites) Subjects() []string {
	var all []string
	for _, s := range r.Suites {
		all = append(all, subjectOf(s.Name, s.Role, r.Need, s.Required), subjectOf(s.Champion+" and "+s.Challenger, s.Role, r.Need, s.Required))
	}
	return all
}

// SuiteSubjects are what an answer must tell of: each task that is named, and something of the runs whose tasks are not.
func (s Spec) SuiteSubjects() []string {
	var all []string
	for _, entry := range s.Suites {
		names := entry.titles()
		if len(names) == 0 {
			names = []string{entry.Champion + " and " + entry.Challenger}
		}
		for _, name := range names {
			all = append(all, subjectOf(name, entry.role(), s.need(), entry.isRequired()))
		}
	}
	return all
}

func subjectOf(name string, role Role, need Need, isRequired bool) string {
	return fmt.Sprintf("suite %s, %s, %s, required %t", name, role, need, isRequired)
}
