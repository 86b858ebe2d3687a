// Package scenarios owns the corpus of decisions: small texts that say who asks for whom to do what, and what the answer
// is and why. Each runs through the pure rule, through decision on both databases, and over HTTP, and all must agree. It
// refuses a text that it does not understand whole. docs/scenarios.md describes the form; workdesk.yaml is the sample
// application that most of them speak of.
package scenarios
