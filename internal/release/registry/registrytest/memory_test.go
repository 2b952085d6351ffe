package registrytest_test

import (
	"testing"

	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

func TestTheRegistryOfTestsKeepsTheContract(t *testing.T) {
	registrytest.Run(t, func(*testing.T) registrytest.Bench { return registrytest.Bench{Backend: &registrytest.Memory{}} })
}
