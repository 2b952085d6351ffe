package config

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config/strict"
	"github.com/assay-ml/assay/internal/source"
)

// home is where the schemas of the newest version lie.
const home = "https://raw.githubusercontent.com/assay-ml/assay/main/schema/"

// Schema is the JSON Schema of assay.yaml, made from the types that the file is decoded into.
func Schema() ([]byte, error) {
	return schemaOf(object(reflect.TypeFor[Config]()), "assay.schema.json", "assay.yaml", "The configuration of Assay, CI for machine-learning models.")
}

// ContractSchema is the JSON Schema of a contract.
func ContractSchema() ([]byte, error) {
	root := object(reflect.TypeFor[schema.Contract]())
	for pair := root.Properties.Oldest(); pair != nil; pair = pair.Next() {
		if pair.Key != "version" && pair.Key != "variables" {
			pair.Value = orVariable(pair.Value)
		}
	}
	return schemaOf(root, "contract.schema.json", "Data contract", "What a table promises, as Assay checks it.")
}

// orVariable also allows a text with ${name} wherever below s a value must be of a certain form.
func orVariable(s *jsonschema.Schema) *jsonschema.Schema {
	isFree := s.Type == "string" && len(s.Enum) == 0 && s.Pattern == ""
	switch {
	case s.Type == "object" && s.Properties != nil:
		for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
			pair.Value = orVariable(pair.Value)
		}
	case s.Type == "array":
		s.Items = orVariable(s.Items)
	case s.Type != "" && !isFree:
		variable := &jsonschema.Schema{Type: "string", Pattern: strict.VariablePattern}
		either := &jsonschema.Schema{Description: s.Description, AnyOf: []*jsonschema.Schema{s, variable}}
		s.Description = ""
		return either
	}
	return s
}

func schemaOf(root *jsonschema.Schema, file, title, description string) ([]byte, error) {
	root.Version, root.ID, root.Title, root.Description = jsonschema.Version, jsonschema.ID(home+file), title, description
	data, err := json.MarshalIndent(root, "", "  ")
	return append(data, '\n'), err
}

// valueSchema is the schema of one value, as strict decodes it.
func valueSchema(t reflect.Type, f strict.Field) *jsonschema.Schema {
	if t.Kind() == reflect.Pointer {
		return valueSchema(t.Elem(), f)
	}
	if inner, ok := strict.IsAt(t); ok {
		return valueSchema(inner, f)
	}
	switch t {
	case reflect.TypeFor[source.Number]():
		return &jsonschema.Schema{Type: "number"}
	case reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: strict.DurationPattern}
	}
	switch t.Kind() {
	case reflect.Struct:
		return structSchema(t)
	case reflect.Slice:
		return &jsonschema.Schema{Type: "array", Items: valueSchema(t.Elem(), f)}
	case reflect.Map:
		return &jsonschema.Schema{Type: "object", AdditionalProperties: valueSchema(t.Elem(), strict.Field{AnyScalar: f.AnyScalar})}
	case reflect.Bool:
		return &jsonschema.Schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return enumerated(&jsonschema.Schema{Type: "integer"}, f)
	case reflect.Float64:
		return &jsonschema.Schema{Type: "number"}
	default:
		return textSchema(f)
	}
}

func textSchema(f strict.Field) *jsonschema.Schema {
	if f.AnyScalar {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}
	}
	text := &jsonschema.Schema{Type: "string"}
	if f.Required {
		one := uint64(1)
		text.MinLength = &one
	}
	return enumerated(text, f)
}

// enumerated adds the only values that are allowed, as numbers where the type is one.
func enumerated(s *jsonschema.Schema, f strict.Field) *jsonschema.Schema {
	for _, value := range f.Enum {
		if s.Type == "integer" {
			s.Enum = append(s.Enum, json.Number(value))
		} else {
			s.Enum = append(s.Enum, value)
		}
	}
	return s
}

// structSchema is an object, or a scalar in its place where the type has a field for one.
func structSchema(t reflect.Type) *jsonschema.Schema {
	scalar := strict.ShapeOf(t).Scalar
	if scalar == nil {
		return object(t)
	}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{valueSchema(scalar.Type, *scalar), object(t)}}
}

func object(t reflect.Type) *jsonschema.Schema {
	shape := strict.ShapeOf(t)
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	for _, field := range shape.Fields {
		value := valueSchema(field.Type, field)
		value.Description = field.Doc
		s.Properties.Set(field.Key, value)
		if field.Required && field.Form < 0 {
			s.Required = append(s.Required, field.Key)
		}
	}
	for form := range shape.Forms {
		s.OneOf = append(s.OneOf, formSchema(shape, form))
	}
	return s
}

// formSchema allows one form of a struct and forbids the keys of the others.
func formSchema(shape strict.Shape, form int) *jsonschema.Schema {
	_, needed := shape.FormKeys(form)
	s := &jsonschema.Schema{Required: needed, Properties: jsonschema.NewProperties()}
	for _, field := range shape.Fields {
		if field.Form >= 0 && field.Form != form {
			s.Properties.Set(field.Key, jsonschema.FalseSchema)
		}
	}
	return s
}
