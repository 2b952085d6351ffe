package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
)

func (a *app) registryVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify [NAME]", Short: "Read the registry anew and say what in it does not fit together", Args: cobra.MaximumNArgs(1),
		Long: `Read everything anew and say what does not fit together: tags that were changed or taken away, a write that was broken off, two versions on one
commit, an archived version that could come back, times out of order, a committed model whose bytes are not those that were registered.
Exit code 1 says that there is something.`,
		RunE: func(c *cobra.Command, args []string) error {
			d, err := a.openDesk(c.Context())
			if err != nil {
				return err
			}
			models := args
			if len(models) == 0 {
				if models, err = d.Models(c.Context()); err != nil {
					return fmt.Errorf("read the registry: %w", err)
				}
			}
			return a.verify(c.Context(), d, models)
		},
	}
}

// verified is one thing that was found.
type verified struct {
	Model   string `json:"model"`
	Version string `json:"version,omitempty"`
	gittag.Fault
}

func (a *app) verify(ctx context.Context, d *desk, models []string) error {
	all, wrong := []verified{}, 0
	for _, model := range models {
		found, err := d.verify(ctx, model)
		if err != nil {
			return fmt.Errorf("read the registry: %w", err)
		}
		all = append(all, found...)
	}
	for _, f := range all {
		if !f.IsNote {
			wrong++
		}
	}
	err := a.answer(all, func(w io.Writer) {
		for _, f := range all {
			fmt.Fprintln(w, visibleLine(f.String()))
		}
		fmt.Fprintf(w, "%s, %s\n", count(len(models), "model"), count(wrong, "fault"))
	})
	if err == nil && wrong > 0 {
		return errRed
	}
	return err
}

// String is what was found on one line.
func (f verified) String() string {
	subject := f.Model
	switch {
	case f.Tag != "":
		subject = "tag " + f.Tag
	case f.Version != "":
		subject += "@" + f.Version
	}
	if f.IsNote {
		subject = "note: " + subject
	}
	return subject + ": " + f.Message
}

// verify looks at one model.
func (d *desk) verify(ctx context.Context, model string) ([]verified, error) {
	log, err := d.Read(ctx, model)
	if err != nil {
		return nil, err
	}
	var all []verified
	if tags, ok := d.Backend.(*gittag.Registry); ok {
		faults, err := tags.Verify(ctx, model)
		if err != nil {
			return nil, err
		}
		for _, fault := range faults {
			all = append(all, verified{Model: model, Fault: fault})
		}
	}
	for _, fault := range log.Audit(d.stages) {
		all = append(all, verified{model, fault.Version, gittag.Fault{Message: fault.Message}})
	}
	for _, version := range log.Of().Versions {
		if fault := d.verifyBytes(ctx, version); fault.Message != "" {
			all = append(all, verified{model, version.Name, fault})
		}
	}
	return all, nil
}

// verifyBytes compares a model that lies in the version's commit with what was registered.
func (d *desk) verifyBytes(ctx context.Context, v *registry.Version) gittag.Fault {
	record := v.Record()
	if d.repository == nil || record == nil || record.Digest == "" || !filepath.IsLocal(record.Location) {
		return gittag.Fault{}
	}
	data, err := d.repository.File(ctx, v.Commit, record.Location)
	if errors.Is(err, fs.ErrNotExist) {
		return gittag.Fault{Message: record.Location + " is not in its commit: its bytes were not compared", IsNote: true}
	}
	if err != nil {
		return gittag.Fault{Message: "its bytes were not compared: " + err.Error(), IsNote: true}
	}
	sum := sha256.Sum256(data)
	if digest := "sha256:" + hex.EncodeToString(sum[:]); digest != record.Digest {
		return gittag.Fault{Message: fmt.Sprintf("%s in its commit has the digest %s, and %s was registered", record.Location, digest, record.Digest)}
	}
	return gittag.Fault{}
}
