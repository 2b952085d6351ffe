// Command engine is the yardstick of the benchmarks: the table engine by itself, with its own defaults and no part of Assay.
//
//	engine load FILE…   loads CSV or Parquet files into tables, one after the other
//	engine query SQL    runs one query and prints its rows
//	engine parquet FROM TO
//	                    writes a CSV file as Parquet
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	switch {
	case len(args) > 1 && args[0] == "load":
		return load(ctx, db, args[1:])
	case len(args) == 2 && args[0] == "query":
		return query(ctx, db, args[1])
	case len(args) == 3 && args[0] == "parquet":
		_, err := db.ExecContext(ctx, fmt.Sprintf("COPY (FROM %s) TO %s (FORMAT parquet)", quoted(args[1]), quoted(args[2])))
		return err
	}
	return errors.New("usage: engine load FILE… | query SQL | parquet FROM TO")
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func load(ctx context.Context, db *sql.DB, paths []string) error {
	for i, path := range paths {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE t%d AS FROM %s", i, quoted(path))); err != nil {
			return fmt.Errorf("load %s: %w", path, err)
		}
	}
	return nil
}

func query(ctx context.Context, db *sql.DB, text string) error {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values, places := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return err
		}
		fmt.Println(values...)
	}
	return rows.Err()
}
