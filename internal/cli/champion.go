package cli

import (
	"context"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/record"
)

// champion answers from the registry that a config names; it is opened when it is asked.
type champion struct {
	app    *app
	config *config.Config
}

// champion is nil where the config names no registry: then none is asked for.
func (a *app) champion(c *config.Config) record.Champion {
	if c.Registry == nil {
		return nil
	}
	return champion{a, c}
}

// Metrics implements record.Champion: those that were registered with the version in production.
func (c champion) Metrics(ctx context.Context) (values map[string]metric.Value, version string, err error) {
	d, err := c.app.deskOf(ctx, c.config)
	if err != nil {
		return nil, "", err
	}
	log, err := d.Read(ctx, c.config.RegistryOrDefaults().Model)
	if err != nil {
		return nil, "", err
	}
	holder := log.Of().Holder(d.stages.Production)
	if holder == nil || holder.Record() == nil || len(holder.Record().Metrics) == 0 {
		return nil, "", nil
	}
	values = map[string]metric.Value{}
	for name, value := range holder.Record().Metrics {
		values[name] = metric.Value(value)
	}
	return values, log.Model + "@" + holder.Name, nil
}
