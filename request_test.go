package standin_test

import (
	"context"
	"testing"

	"github.com/standin-id/standin"
)

func TestRequestLearnsItsCaller(t *testing.T) {
	r := &standin.Request{ID: "q-1"}
	ctx := standin.WithRequest(context.Background(), r)
	if _, ok := standin.RequestOf(ctx).Caller(); ok {
		t.Error("a caller is known before anybody was proved")
	}
	standin.RequestOf(ctx).AskedBy(standin.Caller{Actor: "person:p-1"})
	standin.RequestOf(ctx).AskedBy(standin.Caller{Actor: "person:p-1", Principal: "p-2", Session: "s-1"})
	got, ok := r.Caller()
	if !ok || got.Principal != "p-2" {
		t.Errorf("got %+v, %v, want the latest caller", got, ok)
	}
}

func TestRequestOutsideOfARequest(t *testing.T) {
	r := standin.RequestOf(context.Background())
	if r == nil || r.ID != "" {
		t.Errorf("got %+v, want an empty request", r)
	}
}
