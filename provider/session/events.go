package session

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"

	"github.com/standin-id/standin"
)

const (
	// beat is how often a stream is told that it is alive, after everything was asked anew.
	beat = 5 * time.Second
	// patience is how long a stream waits for what it asks; then it knows nothing for now.
	patience = 2 * time.Second
	// again is after how long a browser opens a stream anew that was cut.
	again = 500 * time.Millisecond
	// slow is how long a browser may take to read one event.
	slow = 10 * time.Second
	// later is after how long a browser comes back whose stream gave way to another one.
	later = 10 * time.Second
)

// events answers GET /.standin/events: the state, again whenever it changes, and a beat in between. Where the token stands
// no more, the last state says why and the stream ends; it ends without a word when the token is over by its time, so that
// a new one is presented.
func (s *Session) events(w http.ResponseWriter, r *http.Request, b bearer) {
	if b.over != nil {
		s.tell(w, r, b)
		return
	}
	st, err := s.streams.open(b.who.Grant, bounds{s.Most, s.MostOfOne, s.MostEach})
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer s.streams.leave(st)
	h := w.Header()
	h.Set("X-Accel-Buffering", "no") // what stands in front hands on each event at once
	h.Set("Content-Encoding", "identity")
	wire, err := sse.Upgrade(w, r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	c := &conversation{Session: s, r: r, bearer: b, wire: wire, w: w}
	if err := c.say(r.Context()); err != nil {
		return
	}
	c.listen(r.Context(), st)
}

// conversation is one stream.
type conversation struct {
	*Session
	bearer
	r    *http.Request
	w    http.ResponseWriter
	wire *sse.Session
	told State
}

// errOver ends a stream that has said its last.
var errOver = errors.New("session: the stream is over")

// listen says what happens until the token is over, nobody listens any more, or the program stops.
func (c *conversation) listen(ctx context.Context, st *stream) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	last := time.NewTimer(c.access.ExpiresAt.Sub(c.Now()))
	defer last.Stop()
	end := time.NewTimer(c.until())
	defer end.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-st.done:
			if st.yields {
				_ = c.sendAfter("later", instant(standin.Now(c.Now)), later)
			}
			return
		case <-last.C:
			return
		case <-end.C:
			err = c.look(ctx)
			end.Reset(max(c.until(), 50*time.Millisecond)) // where the end moved, or the clock is not there quite yet
		case <-st.woken:
			err = c.look(ctx)
			end.Reset(c.until())
		case <-tick.C:
			err = c.check(ctx)
		}
		if err != nil {
			return
		}
	}
}

// until is how long what the token rests on lasts, as it looks by now.
func (c *conversation) until() time.Duration { return c.who.Until.Sub(c.Now()) }

// check asks whether everything stands, and says that it does.
func (c *conversation) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b, err := c.read(ctx, c.token)
	if err != nil {
		return c.unread(err)
	}
	moved := b.over != nil || !b.who.Until.Equal(c.who.Until) || !b.who.Session.ExpiresAt.Equal(c.who.Session.ExpiresAt)
	if c.bearer = b; moved {
		return c.say(ctx)
	}
	return c.send("beat", instant(standin.Now(c.Now)))
}

// unread ends the stream of a token that is none any more. Where nothing is known for now the stream stays, and says
// nothing: the browser knows what that means.
func (c *conversation) unread(err error) error {
	if kind := standin.KindOf(err); kind == standin.Unavailable || kind == standin.Internal {
		return nil
	}
	return errOver
}

// look asks anew, and says what is.
func (c *conversation) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b, err := c.read(ctx, c.token)
	if err != nil {
		return c.unread(err)
	}
	c.bearer = b
	return c.say(ctx)
}

// say sends the state where it is another than what was said last.
func (c *conversation) say(ctx context.Context) error {
	st, err := c.describe(ctx, c.r, c.bearer)
	if err != nil {
		return nil // as in check
	}
	if same(st, c.told) {
		return nil
	}
	c.told = st
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	if err := c.send("state", string(text)); err != nil {
		return err
	}
	if st.Ended != nil {
		return errOver
	}
	return nil
}

// same reports whether two states say the same, but for the time that goes by.
func same(a, b State) bool {
	a.Now, a.Left, b.Now, b.Left = "", 0, "", 0
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func (c *conversation) send(kind, text string) error { return c.sendAfter(kind, text, again) }

// sendAfter sends an event, with when to come back should the stream be cut.
func (c *conversation) sendAfter(kind, text string, retry time.Duration) error {
	m := &sse.Message{Type: sse.Type(kind), Retry: retry}
	m.AppendData(text)
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(slow)) // refused by recorders in tests alone
	if err := c.wire.Send(m); err != nil {
		return err
	}
	return c.wire.Flush()
}
