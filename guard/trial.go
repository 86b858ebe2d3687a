package guard

// Answered is a question with its answer, recorded or invented.
type Answered struct {
	Question Question
	Permit   bool
}

// Change is an answer that other guardrails would change.
type Change struct {
	// Index is the question's place among those tried.
	Index int
	// Opens says that the guardrails objected and would no longer: whether the answer becomes yes is up to rights and
	// limits. Otherwise a yes would become a no.
	Opens bool
	// Reasons are the objections that would come or, where it opens, go.
	Reasons []Reason
}

// Try tells which of the answers would change if the guardrails after took the place of those before.
func Try(before, after *Rules, tried []Answered) []Change {
	var changes []Change
	for i := range tried {
		q := &tried[i].Question
		was, will := before.Forbids(q), after.Forbids(q)
		switch {
		case was && !will:
			changes = append(changes, Change{Index: i, Opens: true, Reasons: before.Explain(q)})
		case !was && will && tried[i].Permit:
			changes = append(changes, Change{Index: i, Reasons: after.Explain(q)})
		}
	}
	return changes
}

// OnlyAdds reports whether each policy of before is among those of after as well, whatever their order, layout, comments
// and annotations. Then after objects wherever before did.
func OnlyAdds(before, after Guardrails) bool {
	kept := map[string]bool{}
	for _, r := range after.index.all() {
		kept[r.text] = true
	}
	for _, r := range before.index.all() {
		if !kept[r.text] {
			return false
		}
	}
	return true
}
