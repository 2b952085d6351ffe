// Command assay is CI for machine-learning models.
package main

import (
	"os"

	"github.com/assay-ml/assay/internal/cli"
)

func main() {
	os.Exit(cli.Main(cli.Process()))
}
