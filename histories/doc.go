// Package histories owns the proof that the rules hold together, in orders of events that nobody thought of. People of two
// organisations, administrators, keys and the operator do anything in any order, on the real rooms over a real database; an
// oracle, plain data with naive rules that are written from the design and not from the rooms, says how each step should
// come out and what should be there after it. It shares no rule with the house and is imported by nothing. Some hundred
// histories run with every test; make histories runs 10,000 on each database.
package histories
