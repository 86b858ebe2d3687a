package decision

import (
	"context"
	"slices"
	"sync"

	"github.com/standin-id/standin"
)

// mostAtOnce bounds the questions of one batch.
const mostAtOnce = 1000

// DecideAll answers the questions in their order, each as Decide does. With DenyOnFirstDeny it stops after the first that
// is denied, with PermitOnFirstPermit after the first that is permitted: the answers then end with that one. "" is
// ExecuteAll.
func (d *Decisions) DecideAll(ctx context.Context, caller standin.Caller, questions []Question, semantic Semantic) ([]Answer, error) {
	if err := d.mayAsk(caller); err != nil {
		return nil, err
	}
	if len(questions) > mostAtOnce {
		return nil, standin.Refuse(standin.Invalid, "decision.decide_all", "decision.too_many",
			"At most {most} questions can be asked at once.").With("most", mostAtOnce)
	}
	began, grounds := d.now(), make([]ground, len(questions))
	var answers []Answer
	var err error
	switch semantic {
	case ExecuteAll, "":
		answers, err = d.together(ctx, caller, questions, grounds)
	case DenyOnFirstDeny, PermitOnFirstPermit:
		answers, err = d.inTurn(ctx, caller, questions, semantic == PermitOnFirstPermit, grounds)
	default:
		return nil, noSemantic()
	}
	if err == nil && d.since(began) > viewLasts {
		err = d.stillStand(ctx, caller, questions, answers, grounds)
	}
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(answers, func(a Answer) bool { return !a.Permit }); semantic == DenyOnFirstDeny && i >= 0 {
		answers = answers[:i+1]
	}
	return answers, nil
}

func noSemantic() error {
	return standin.Refuse(standin.Invalid, "decision.decide_all", "decision.semantic",
		"Questions can be answered by one of {choices}.").
		With("choices", string(ExecuteAll)+", "+string(DenyOnFirstDeny)+", "+string(PermitOnFirstPermit))
}

// mostAbreast is how many questions of one batch are answered at once: those that are recorded then share transactions.
const mostAbreast = 64

func (d *Decisions) together(ctx context.Context, caller standin.Caller, questions []Question, grounds []ground) ([]Answer, error) {
	answers, errs := make([]Answer, len(questions)), make([]error, len(questions))
	var over sync.WaitGroup
	abreast := make(chan struct{}, mostAbreast)
	for i := range questions {
		if q := &questions[i]; !q.writes() {
			answers[i], errs[i] = d.answer(ctx, caller, *q, &grounds[i])
			continue
		}
		abreast <- struct{}{}
		over.Go(func() {
			defer func() { <-abreast }()
			answers[i], errs[i] = d.answer(ctx, caller, questions[i], &grounds[i])
		})
	}
	over.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// inTurn answers one question after the other until one is answered with last: nothing is recorded that was not asked.
func (d *Decisions) inTurn(ctx context.Context, caller standin.Caller, questions []Question, last bool, grounds []ground) ([]Answer, error) {
	var answers []Answer
	for i := range questions {
		a, err := d.answer(ctx, caller, questions[i], &grounds[i])
		if err != nil {
			return nil, err
		}
		if answers = append(answers, a); a.Permit == last {
			break
		}
	}
	return answers, nil
}

// writes reports whether the answer is recorded whatever the organisation's settings.
func (q *Question) writes() bool { return q.Session != "" || q.Actor != "" && q.Actor != q.Principal }
