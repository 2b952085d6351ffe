package registry_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/registry"
)

func TestAudit(t *testing.T) {
	one, two := registered("v1.0.0", "a"), registered("v2.0.0", "b")
	for name, c := range map[string]struct {
		log  registry.Log
		want []registry.Fault
	}{
		"nothing": {happened(one, two, assigned("v1.0.0", "archived"), assigned("v2.0.0", "production")), nil},
		"an archived version that could come back": {happened(one, two, assigned("v1.0.0", "production"), assigned("v1.0.0", "archived"), assigned("v2.0.0", "production")),
			[]registry.Fault{{Version: "v1.0.0", Message: "is archived and was never taken out of production: it holds it, or would get it back when its holder leaves"}}},
		"two versions on one commit": {happened(one, registered("v2.0.0", "a")),
			[]registry.Fault{{Version: "v1.0.0", Message: "stands on the commit of v2.0.0: nobody can tell which of them a stage is given to, and GTO reads no such model"}}},
		"a stage without a registration": {happened(assigned("0123", "production")), []registry.Fault{{Version: "0123", Message: "was never registered, and holds production"}}},
		"a stage of what was taken back": {happened(one, assigned("v1.0.0", "production"), registry.Event{Kind: registry.Deregistered, Version: "v1.0.0"}),
			[]registry.Fault{{Version: "v1.0.0", Message: "was taken back and never taken out of production"}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, c.log.Audit(stages)) })
	}
	log := happened(one, two)
	log.Events[1].At = log.Events[0].At.Add(-time.Hour)
	require.Len(t, log.Audit(stages), 1)
	require.Contains(t, log.Audit(stages)[0].Message, "before what happened earlier")
}
