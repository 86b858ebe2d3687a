package decision

// RecordedActions returns the actions of records whose state after is a Recorded: answers, and hypothetical ones.
func RecordedActions() []string { return []string{evaluated, hypothesised} }
