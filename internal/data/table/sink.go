package table

// void assaySink(void *info, void *input, void *output);
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// sinkName is the SQL function that takes rows out of a running query: it hands its arguments to a sweep and is false for
// every row, so that none flows on. Its first argument is the handle of the sweep.
const sinkName = "assay_sink"

func (s *session) registerSink() error {
	function := duckdb.CreateScalarFunction()
	defer duckdb.DestroyScalarFunction(&function)
	anything, truth := duckdb.CreateLogicalType(duckdb.TypeAny), duckdb.CreateLogicalType(duckdb.TypeBoolean)
	defer duckdb.DestroyLogicalType(&anything)
	defer duckdb.DestroyLogicalType(&truth)
	duckdb.ScalarFunctionSetName(function, sinkName)
	duckdb.ScalarFunctionSetVarargs(function, anything)
	duckdb.ScalarFunctionSetReturnType(function, truth)
	duckdb.ScalarFunctionSetSpecialHandling(function) // rows with nulls come too
	duckdb.ScalarFunctionSetVolatile(function)        // no call is left out or folded
	duckdb.ScalarFunctionSetFunction(function, C.assaySink)
	if duckdb.RegisterScalarFunction(s.conn, function) == duckdb.StateError {
		return errors.New("register the sink of sweeps")
	}
	return nil
}

// assaySink is called by the engine's threads. All memory that it sees is the engine's.
//
//export assaySink
func assaySink(info, input, output unsafe.Pointer) {
	data := duckdb.DataChunk{Ptr: input}
	size := int(duckdb.DataChunkGetSize(data))
	if err := sink(data); err != nil {
		duckdb.ScalarFunctionSetError(duckdb.FunctionInfo{Ptr: info}, err.Error())
		return
	}
	clear(unsafe.Slice((*bool)(duckdb.VectorGetData(duckdb.Vector{Ptr: output})), size))
}

// sink finds the sweep that a chunk belongs to. A panic must not reach the engine's frames.
func sink(data duckdb.DataChunk) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("no such sweep: %v", reason)
		}
	}()
	handles := (*uint64)(duckdb.VectorGetData(duckdb.DataChunkGetVector(data, 0)))
	return cgo.Handle(*handles).Value().(*sweep).take(data)
}
