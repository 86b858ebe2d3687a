//go:build !chaos

package rights

// How many questions the naive implementation is asked too, and how many traces are made.
const naiveQuestions, traces = 200_000, 20_000
