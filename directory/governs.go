package directory

import "reflect"

// governs reports whether a change from one state to another can change what somebody may do. Names, addresses and
// groups cannot; what is unknown here can.
func governs(before, after any) bool {
	switch next := after.(type) {
	case groupState, memberState:
		return false
	case personState:
		old, was := before.(personState)
		return !was || old.Unit != next.Unit || old.Manager != next.Manager || !reflect.DeepEqual(old.InactiveAt, next.InactiveAt) || old.ActiveSince != next.ActiveSince
	}
	_, member := before.(memberState)
	return !member
}
