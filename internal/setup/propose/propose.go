package propose

import (
	"path"

	"github.com/assay-ml/assay/internal/setup/change"
)

// Wish is what was asked for.
type Wish struct {
	Forks    bool // the companion workflow for pull requests from forks
	Schedule bool // the workflow that runs each week
}

// Files drafts the files, with paths from the repository's root. One of which exists says that it is there is not among
// them, so nothing is overwritten; notes say which are left alone, and why.
func (l Look) Files(at Place, wish Wish, contracts Contracts, exists func(name string) bool) (files []change.File, notes []string) {
	add := func(name string, text []byte) {
		if exists(name) {
			notes = append(notes, name+" is there already: left alone")
			return
		}
		files = append(files, change.File{Path: name, New: text})
	}
	config := path.Join(at.Folder, ConfigFile)
	if !exists(config) { // contracts that no config names would lie about
		for _, t := range l.Tables {
			if contracts[t.Name] != nil {
				add(path.Join(at.Folder, ContractPath(t)), contracts[t.Name])
			}
		}
	}
	add(config, l.Config(contracts))
	judging := workflowName
	if w := l.Judging(); w != nil {
		judging = w.Name
		notes = append(notes, w.Path+" runs Assay already: left alone; assay doctor looks at it")
	} else {
		add(WorkflowFile, l.Workflow(at))
	}
	if wish.Forks {
		add(PublishFile, Publish(judging))
	}
	if wish.Schedule {
		add(ScheduleFile, l.Schedule(at))
	}
	return files, notes
}
