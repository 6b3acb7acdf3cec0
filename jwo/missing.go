package jwo

import (
	"reflect"
	"strings"
)

// Missing answers a FieldError for each of the paths ("authorizedAmount",
// "shopperInteraction.shoppingTripId") that is absent from v, a request or a
// pointer to one: nil, empty, or inside something absent. A path the type does
// not have is always missing. It serves rules that make optional fields
// required, for one store for instance.
func Missing(v any, paths ...string) FieldErrors {
	var out FieldErrors
	for _, path := range paths {
		if !present(reflect.ValueOf(v), path) {
			out = append(out, FieldError{path, missing})
		}
	}
	return out
}

func present(v reflect.Value, path string) bool {
	for name := range strings.SplitSeq(path, ".") {
		for v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return false
			}
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return false
		}
		i, ok := planOf(v.Type()).index[name]
		if !ok {
			return false
		}
		v = v.Field(i)
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() > 0
	default:
		return !v.IsZero()
	}
}
