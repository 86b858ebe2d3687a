package client

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// TestARefusedApplicationIsToldApart: whoever runs the application reads what to look at, and people go nowhere meanwhile.
func TestARefusedApplicationIsToldApart(t *testing.T) {
	err := trade(&oauth2.RetrieveError{ErrorCode: "invalid_client"})
	if !errors.Is(err, ErrAway) || !strings.Contains(err.Error(), "ClientSecret") {
		t.Errorf("got %v", err)
	}
	if err := trade(&oauth2.RetrieveError{ErrorCode: "invalid_grant"}); !errors.Is(err, ErrEnded) || errors.Is(err, ErrAway) {
		t.Errorf("got %v", err)
	}
	if err := trade(errors.New("no route")); !errors.Is(err, ErrAway) || strings.Contains(err.Error(), "ClientSecret") {
		t.Errorf("got %v", err)
	}
}
