package table

import (
	"context"
	"errors"
	"fmt"
	"strings"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Value is one value of a result.
type Value struct {
	Kind   Kind
	Valid  bool    // false: null
	Number float64 // of the kinds that have numbers (see Kind.HasNumbers); whole numbers beyond 2^53 are rounded, Text is exact
	Text   string  // as the engine prints it
}

// Result is the small result of a query, all of it in memory.
type Result struct {
	Columns []Column
	Rows    [][]Value
}

// Query runs one SELECT and holds its result; any other statement is refused. It is for aggregates and examples; columns of
// data come through Table.Scan. SQL of a stranger goes through Fence and ParseSelect or ParseCondition first.
func (e *Engine) Query(ctx context.Context, sql string) (*Result, error) {
	s, err := e.open()
	if err != nil {
		return nil, err
	}
	defer s.close()
	columns, err := s.columnsOf(sql)
	if err != nil {
		return nil, err
	}
	result := &Result{Columns: columns}
	aliases, fields := make([]string, len(columns)), make([]string, 0, 2*len(columns))
	for i, c := range columns {
		aliases[i] = fmt.Sprintf("c%d", i)
		fields = append(fields, numberOf(c, aliases[i]), "CAST("+aliases[i]+" AS VARCHAR)")
	}
	wrapped := "SELECT " + strings.Join(fields, ", ") + " FROM (" + sql + ") AS result(" + strings.Join(aliases, ", ") + ")"
	err = s.stream(ctx, wrapped, func(chunk duckdb.DataChunk) error {
		result.append(chunk)
		return nil
	})
	return result, err
}

func (r *Result) append(chunk duckdb.DataChunk) {
	numbers, texts := make([]Vector, len(r.Columns)), make([]Vector, len(r.Columns))
	size := int(duckdb.DataChunkGetSize(chunk))
	for i := range r.Columns {
		numbers[i] = numberVector(chunk, 2*i, size)
		texts[i] = stringVector(chunk, 2*i+1, size)
	}
	for row := range size {
		values := make([]Value, len(r.Columns))
		for i, c := range r.Columns {
			values[i] = Value{Kind: c.Kind, Valid: texts[i].Valid(row), Text: texts[i].Strings[row]}
			if numbers[i].Valid(row) {
				values[i].Number = numbers[i].Numbers[row]
			}
		}
		r.Rows = append(r.Rows, values)
	}
}

// exec runs one statement whose result nobody needs.
func (e *Engine) exec(ctx context.Context, sql string) error {
	s, err := e.open()
	if err != nil {
		return err
	}
	defer s.close()
	return s.exec(ctx, sql)
}

// describe gives the columns of a query without running it.
func (e *Engine) describe(ctx context.Context, sql string) ([]Column, error) {
	result, err := e.Query(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+sql+")")
	if err != nil {
		return nil, err
	}
	columns := make([]Column, len(result.Rows))
	for i, row := range result.Rows {
		columns[i] = Column{Name: row[0].Text, SQLType: row[1].Text, Kind: kindOf(row[1].Text)}
	}
	return columns, nil
}

// columnsOf binds a query and gives the kinds of its columns; their SQLType is only as exact as its kind needs.
func (s *session) columnsOf(sql string) ([]Column, error) {
	statement, err := s.prepare(sql)
	if err != nil {
		return nil, err
	}
	defer duckdb.DestroyPrepare(&statement)
	if duckdb.PreparedStatementType(statement) != duckdb.StatementTypeSelect {
		return nil, errors.New("only a SELECT is allowed")
	}
	columns := make([]Column, duckdb.PreparedStatementColumnCount(statement))
	for i := range columns {
		at := duckdb.IdxT(i)
		typ := typeNames[duckdb.PreparedStatementColumnType(statement, at)]
		columns[i] = Column{Name: duckdb.PreparedStatementColumnName(statement, at), SQLType: typ, Kind: kindOf(typ)}
	}
	return columns, nil
}

var typeNames = map[duckdb.Type]string{
	duckdb.TypeBoolean: "BOOLEAN",
	duckdb.TypeTinyInt: "TINYINT", duckdb.TypeSmallInt: "SMALLINT", duckdb.TypeInteger: "INTEGER", duckdb.TypeBigInt: "BIGINT",
	duckdb.TypeUTinyInt: "UTINYINT", duckdb.TypeUSmallInt: "USMALLINT", duckdb.TypeUInteger: "UINTEGER", duckdb.TypeUBigInt: "UBIGINT",
	duckdb.TypeHugeInt: "HUGEINT", duckdb.TypeUHugeInt: "UHUGEINT", duckdb.TypeBigNum: "BIGNUM",
	duckdb.TypeFloat: "FLOAT", duckdb.TypeDouble: "DOUBLE", duckdb.TypeDecimal: "DECIMAL",
	duckdb.TypeVarchar: "VARCHAR", duckdb.TypeUUID: "UUID", duckdb.TypeEnum: "ENUM",
	duckdb.TypeDate: "DATE", duckdb.TypeTime: "TIME", duckdb.TypeTimeNS: "TIME_NS", duckdb.TypeTimeTZ: "TIME WITH TIME ZONE",
	duckdb.TypeTimestamp: "TIMESTAMP", duckdb.TypeTimestampS: "TIMESTAMP_S", duckdb.TypeTimestampMS: "TIMESTAMP_MS",
	duckdb.TypeTimestampNS: "TIMESTAMP_NS", duckdb.TypeTimestampTZ: "TIMESTAMP WITH TIME ZONE",
	duckdb.TypeList: "STRUCT", duckdb.TypeArray: "STRUCT", duckdb.TypeStruct: "STRUCT", duckdb.TypeMap: "MAP", duckdb.TypeUnion: "UNION",
	duckdb.TypeVariant: "VARIANT", duckdb.TypeBlob: "BLOB", duckdb.TypeBit: "BIT", duckdb.TypeInterval: "INTERVAL",
}

// numberOf is the SQL by which a column comes out as DOUBLE, NULL for a kind that has no numbers. Infinite dates and
// times become infinities.
func numberOf(c Column, expression string) string {
	var finite string
	switch c.Kind {
	case Boolean, Integer, Float, Decimal:
		return "CAST(" + expression + " AS DOUBLE)"
	case Date:
		finite = "CAST(" + expression + " - DATE '1970-01-01' AS DOUBLE)"
	case Timestamp:
		if c.SQLType == "TIMESTAMP_NS" {
			expression = "CAST(" + expression + " AS TIMESTAMP)"
		}
		finite = "epoch(" + expression + ")"
	case Time:
		return "epoch(" + expression + ")"
	default:
		return "CAST(NULL AS DOUBLE)"
	}
	return "CASE WHEN isinf(" + expression + ") THEN CAST(if(" + expression + " > '1970-01-01', 'inf', '-inf') AS DOUBLE) ELSE " + finite + " END"
}
