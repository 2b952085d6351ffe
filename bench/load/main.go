// Command load is the yardstick of the benchmarks: it merely loads CSV files into tables of the engine, one after the
// other, with as many threads as the machine has.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
)

func main() {
	if err := load(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func load(ctx context.Context, paths []string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	for i, path := range paths {
		quoted := "'" + strings.ReplaceAll(path, "'", "''") + "'"
		if _, err := db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE t%d AS SELECT * FROM read_csv(%s)", i, quoted)); err != nil {
			return fmt.Errorf("load %s: %w", path, err)
		}
	}
	return nil
}
