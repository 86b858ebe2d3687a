package guard

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/cedar-policy/cedar-go"

	"github.com/standin-id/standin"
)

// mostNested bounds lists and objects within each other in a property.
const mostNested = 32

// mostExact is the largest whole number up to which a float64 holds every one.
const mostExact = 1 << 53

// Why a property cannot be told to Cedar.
const (
	noWhole   = "a whole number is expected"
	tooDeep   = "lists and objects are too deep within each other"
	noNothing = "a list with nothing in the place of a value"
	noValue   = "this is no value of JSON"
)

// value returns what was sent as Cedar has it, or why it cannot have it. Numbers must be whole; a member without a value
// is as if it were not there; {"type": "person", "id": "p-1"} is the person.
func value(sent any, depth int) (cedar.Value, string) {
	if depth == 0 {
		return nil, tooDeep
	}
	switch v := sent.(type) {
	case bool:
		return cedar.Boolean(v), ""
	case string:
		return cedar.String(v), ""
	case json.Number:
		return number(v)
	case float64:
		return whole(v)
	case int:
		return cedar.Long(v), ""
	case int64:
		return cedar.Long(v), ""
	case []any:
		return set(v, depth)
	case map[string]any:
		return record(v, depth)
	}
	return nil, noValue
}

func number(n json.Number) (cedar.Value, string) {
	if i, err := n.Int64(); err == nil {
		return cedar.Long(i), ""
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return nil, noWhole
	}
	return whole(f)
}

func whole(f float64) (cedar.Value, string) {
	if f != math.Trunc(f) || math.Abs(f) > mostExact {
		return nil, noWhole
	}
	return cedar.Long(f), ""
}

func set(list []any, depth int) (cedar.Value, string) {
	values := make([]cedar.Value, len(list))
	for i, sent := range list {
		if sent == nil {
			return nil, noNothing
		}
		v, problem := value(sent, depth-1)
		if problem != "" {
			return nil, problem
		}
		values[i] = v
	}
	return cedar.NewSet(values...), ""
}

// record returns the object, its members taken in order so that of several problems the same is told each time.
func record(object map[string]any, depth int) (cedar.Value, string) {
	if id, ok := object["id"].(string); ok && len(object) == 2 && object["type"] == "person" {
		return person(standin.PersonID(id)), ""
	}
	members := make(cedar.RecordMap, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if object[name] == nil {
			continue
		}
		v, problem := value(object[name], depth-1)
		if problem != "" {
			return nil, problem
		}
		members[cedar.String(name)] = v
	}
	return cedar.NewRecord(members), ""
}
