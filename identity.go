package standin

// Identity says who asks and for whom, as forms and programs carry it with a change: made for another identity than the
// present one, the change is refused with Conflict (THREATS 37). It is "person:p-1" in one's own name and
// "person:p-1 for p-2 in s-3" while acting.
func (c Caller) Identity() string {
	if !c.Acting() {
		return string(c.Actor)
	}
	return string(c.Actor) + " for " + string(c.Principal) + " in " + string(c.Session)
}

// RequireIdentity refuses with Conflict where made, the identity that a change was made for, is not the caller's.
func (c Caller) RequireIdentity(made string) error {
	if made == c.Identity() {
		return nil
	}
	return Refuse(Conflict, "standin.identity", "standin.identity_changed",
		"This was made for another identity than the one you have now. Nothing was changed. Look again and try once more.")
}
