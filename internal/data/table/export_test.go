package table

import "context"

// Exec lets tests make files with the engine.
func Exec(e *Engine, sql string) error { return e.exec(context.Background(), sql) }
