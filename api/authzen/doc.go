// Package authzen owns decisions as applications ask for them: the HTTPS binding of the AuthZEN Authorization API 1.0, with
// its metadata, single questions, lists of questions, and searches. It reads what was sent, strictly, asks the decision
// room, and writes the answer in the words of the specification. It refuses what has more than one reading and whom it
// cannot name. It decides nothing itself.
package authzen
