package signin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/signin"
)

// guess tries a wrong password for the address from the network address, and returns the error's code and for how many
// seconds tries are refused.
func (w *porch) guess(email, from string) (code string, seconds int) {
	w.T.Helper()
	return w.refusal(w.Password(w.T.Context(), email, "not the password", standin.Origin{Address: from}))
}

func (w *porch) refusal(_ string, _ standin.Login, err error) (code string, seconds int) {
	w.T.Helper()
	refusal, ok := err.(*standin.Error)
	if !ok {
		w.T.Fatalf("got %v, want a refusal", err)
	}
	if refusal.Kind == standin.TooMany {
		if seconds, err = strconv.Atoi(refusal.Args["seconds"]); err != nil {
			w.T.Fatal(err)
		}
		if want := w.Now().Add(time.Duration(seconds) * time.Second).Format(time.RFC3339); refusal.Args["until"] != want {
			w.T.Errorf("got until %s, want %s", refusal.Args["until"], want)
		}
	}
	return refusal.Code, seconds
}

// TestThreat81UnknownAndKnownAreOne: whoever is meant, the same answer after the same work, even for the first one.
func TestThreat81UnknownAndKnownAreOne(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.settlePerson("gone")
		if err := w.Directory.Deactivate(t.Context(), operator(), "gone"); err != nil {
			t.Fatal(err)
		}
		var hashed atomic.Int64
		work := func() string {
			return fmt.Sprintf("%d hashes, %d records, %d attempts, %d logins", hashed.Swap(0), w.Count(`SELECT count(*) FROM records`),
				w.Count(`SELECT count(*) FROM attempts`), w.Count(`SELECT count(*) FROM logins`))
		}
		var first, firstWork string
		for i, email := range []string{"nobody@acme.example", "ann@acme.example", "bob@acme.example", "gone@acme.example", "rita@rival.example", "ann", "", "ann@",
			"ann@acme.example\x00", "\xff@acme.example", strings.Repeat("a", 10_000) + "@acme.example", "' OR ''='"} {
			for _, text := range []string{"a wrong password", "", strings.Repeat("x", 100_000), "\x00\xff"} {
				again := w.Door(housetest.Cheap()) // as after a start
				again.OnHash(func(compute func()) { hashed.Add(1); compute() })
				records, attempts := w.Count(`SELECT count(*) FROM records`), w.Count(`SELECT count(*) FROM attempts`)
				_, _, err := again.Password(t.Context(), email, text, standin.Origin{Address: fmt.Sprintf("198.51.100.%d", i)})
				refusal, ok := err.(*standin.Error)
				if !ok {
					t.Fatalf("%q, %q: got %v", email, text, err)
				}
				said := fmt.Sprint(refusal.Kind, refusal.Code, refusal.Text(), refusal.Field, refusal.Args)
				did := fmt.Sprintf("%d hashes, %d records", hashed.Swap(0), w.Count(`SELECT count(*) FROM records`)-records)
				if text == "a wrong password" {
					did += fmt.Sprintf(", %d attempts", w.Count(`SELECT count(*) FROM attempts`)-attempts)
				}
				if first == "" {
					first, firstWork = said, did
					if did != "1 hashes, 1 records, 3 attempts" || refusal.Code != "signin.not_right" {
						t.Fatalf("got %s after %s", said, did)
					}
				}
				if said != first || !strings.HasPrefix(firstWork, did) {
					t.Errorf("%.40q, %.10q: got %s after %s, want %s after %s", email, text, said, did, first, firstWork)
				}
			}
		}
		if got := work(); !strings.HasSuffix(got, " 0 logins") {
			t.Errorf("got %s", got)
		}
	})
}

// settlePerson adds somebody with the good password to acme.
func (w *porch) settlePerson(id standin.PersonID) {
	w.T.Helper()
	p := directory.Person{ID: id, Name: "Name " + string(id), Email: string(id) + "@acme.example"}
	if _, _, err := w.Directory.PutPerson(w.T.Context(), operator(), p); err != nil {
		w.T.Fatal(err)
	}
	if err := w.SetPassword(w.T.Context(), operator(), id, good); err != nil {
		w.T.Fatal(err)
	}
}

// TestBlockedIsToldOnlyWithThePassword: that an account is inactive is for its owner to know.
func TestBlockedIsToldOnlyWithThePassword(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		if err := w.Directory.Deactivate(t.Context(), operator(), "ann"); err != nil {
			t.Fatal(err)
		}
		if code, _ := w.guess("ann@acme.example", "192.0.2.1"); code != "signin.not_right" {
			t.Errorf("got %s to a wrong password", code)
		}
		_, _, err := w.Password(t.Context(), "ann@acme.example", good, home)
		refused(t, err, standin.Denied, "signin.blocked")
		if told := w.told(acme, "password:ann"); told[0] != `system:signin  login.create refused ["signin.blocked"]` {
			t.Errorf("got %q", told)
		}
		_, _, err = signin.NewDemo(w.Signin).ContinueAs(t.Context(), acme, "ann", home)
		refused(t, err, standin.Denied, "signin.blocked")
		if n := w.Count(`SELECT count(*) FROM logins`); n != 0 {
			t.Errorf("got %d logins", n)
		}
	})
}

// TestLimitsGrowAndPass: from one address, after five tries each further one waits twice as long, known or not who is
// meant; the right password has to wait, too, and then ends it all.
func TestLimitsGrowAndPass(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		for _, email := range []string{"ann@acme.example", "nobody@acme.example"} {
			for i := range 5 {
				if code, _ := w.guess(email, home.Address); code != "signin.not_right" {
					t.Fatalf("%s, try %d: got %s", email, i, code)
				}
			}
			for _, wait := range []int{5, 10, 20, 40, 80, 160, 320, 640, 900, 900} {
				for range 2 { // waiting is not prolonged by trying
					if code, seconds := w.guess(email, home.Address); code != "signin.too_many" || seconds != wait {
						t.Fatalf("%s: got %s, %d, want to wait %d s", email, code, seconds, wait)
					}
				}
				w.Pass(time.Duration(wait)*time.Second - time.Microsecond)
				if code, seconds := w.guess(email, home.Address); code != "signin.too_many" || seconds != 1 {
					t.Fatalf("%s: got %s, %d right before the end of %d s", email, code, seconds, wait)
				}
				w.Pass(time.Microsecond)
				if code, _ := w.guess(email, home.Address); code != "signin.not_right" {
					t.Fatalf("%s: got %s after %d s", email, code, wait)
				}
			}
		}
		if _, _, err := w.Password(t.Context(), "ann@acme.example", good, standin.Origin{Address: "203.0.113.9"}); err != nil {
			t.Errorf("from another address: %v", err)
		}
		if code, _ := w.refusal(w.Password(t.Context(), "nobody@acme.example", good, home)); code != "signin.too_many" {
			t.Errorf("got %s", code)
		}
		w.Pass(15 * time.Minute)
		w.enter("ann")
		for i := range 5 {
			if code, _ := w.guess("ann@acme.example", home.Address); code != "signin.not_right" {
				t.Fatalf("try %d after signing in: got %s", i, code)
			}
		}
		w.Pass(24*time.Hour + time.Microsecond)
		if code, _ := w.guess("nobody@acme.example", home.Address); code != "signin.not_right" {
			t.Errorf("got %s a day later", code)
		}
		if n := w.Count(`SELECT count(*) FROM attempts`); n != 3 {
			t.Errorf("got %d counts, want those of yesterday forgotten", n)
		}
	})
}

// TestTheRightPasswordWaitsToo: while one has to wait, nothing is compared.
func TestTheRightPasswordWaitsToo(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		for range 5 {
			w.guess("ann@acme.example", home.Address)
		}
		hashed := 0
		w.OnHash(func(compute func()) { hashed++; compute() })
		_, _, err := w.Password(t.Context(), "ann@acme.example", good, home)
		refused(t, err, standin.TooMany, "signin.too_many")
		if hashed != 0 {
			t.Errorf("got %d hashes", hashed)
		}
		w.Pass(5 * time.Second)
		w.enter("ann")
	})
}

// TestManyAddressesGuessingOnePerson: 25 tries from wherever, then they wait; the same for nobody.
func TestManyAddressesGuessingOnePerson(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		for _, email := range []string{"ann@acme.example", "nobody@acme.example"} {
			for i := range 25 {
				if code, _ := w.guess(email, fmt.Sprintf("198.51.100.%d", i)); code != "signin.not_right" {
					t.Fatalf("%s, try %d: got %s", email, i, code)
				}
			}
			if code, seconds := w.guess(email, "198.51.100.99"); code != "signin.too_many" || seconds != 30 {
				t.Errorf("%s: got %s, %d", email, code, seconds)
			}
		}
	})
}

// TestStrangersLockNobodyOut: who guesses from elsewhere, for however long, does not keep people from signing in where
// they did before.
func TestStrangersLockNobodyOut(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		enter := func(from string) string {
			_, _, err := w.Password(t.Context(), "ann@acme.example", good, standin.Origin{Address: from})
			return standin.CodeOf(err)
		}
		besiege := func() {
			for i := range 40 {
				w.guess("ann@acme.example", fmt.Sprintf("198.51.100.%d", i))
			}
		}
		if code := enter("2001:db8:1:2::1"); code != "" {
			t.Fatal(code)
		}
		w.Pass(lately - 5*time.Second - time.Microsecond)
		besiege()
		if code := enter("203.0.113.77"); code != "signin.too_many" {
			t.Errorf("got %q where ann never was", code)
		}
		for i := range 5 { // from there, her own limit holds
			if code, _ := w.guess("ann@acme.example", "2001:db8:1:2::99"); code != "signin.not_right" {
				t.Errorf("try %d at home: got %s", i, code)
			}
		}
		if code, seconds := w.guess("ann@acme.example", "2001:db8:1:2::99"); code != "signin.too_many" || seconds != 5 {
			t.Errorf("got %s, %d at home after too many", code, seconds)
		}
		w.Pass(5*time.Second + time.Microsecond) // too long ago
		if code := enter("2001:db8:1:2::99"); code != "signin.too_many" {
			t.Errorf("got %q where ann was long ago", code)
		}
		w.Pass(15 * time.Minute)
		if code := enter("2001:db8:1:2::99"); code != "" {
			t.Fatal(code)
		}
		besiege()
		if code := enter("2001:db8:1:2::5"); code != "" {
			t.Errorf("got %q at home", code)
		}
	})
}

const lately = 30 * 24 * time.Hour

// TestManyPeopleGuessedFromOneAddress: 60 tries, whoever is meant, from one subscriber's network; others go on.
func TestManyPeopleGuessedFromOneAddress(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		for i := range 60 {
			if code, _ := w.guess(fmt.Sprintf("n%d@acme.example", i), fmt.Sprintf("2001:db8:1:2:%x::1", i)); code != "signin.not_right" {
				t.Fatalf("try %d: got %s", i, code)
			}
		}
		for _, from := range []string{"2001:db8:1:2::ffff", "2001:DB8:1:2:0:0:0:1"} {
			_, _, err := w.Password(t.Context(), "ann@acme.example", good, standin.Origin{Address: from})
			refused(t, err, standin.TooMany, "signin.too_many")
		}
		for _, from := range []string{"2001:db8:1:3::1", "192.0.2.200", ""} {
			if _, _, err := w.Password(t.Context(), "ann@acme.example", good, standin.Origin{Address: from}); err != nil {
				t.Errorf("from %q: %v", from, err)
			}
		}
		w.Pass(5 * time.Second)
		if _, _, err := w.Password(t.Context(), "ann@acme.example", good, standin.Origin{Address: "2001:db8:1:2::1"}); err != nil {
			t.Error(err)
		}
		// Whoever signs in themselves in between gets no more guesses than waiting gives.
		if code, _ := w.guess("boss@acme.example", "2001:db8:1:2::1"); code != "signin.not_right" {
			t.Errorf("got %s", code)
		}
		if code, _ := w.guess("bob@acme.example", "2001:db8:1:2::1"); code != "signin.too_many" {
			t.Errorf("got %s for a second guess", code)
		}
	})
}

func TestParallelGuessesAreCounted(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		var hashed atomic.Int64
		w.OnHash(func(compute func()) { hashed.Add(1); compute() })
		codes := make([]string, 30)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				_, _, err := w.Password(t.Context(), "ann@acme.example", "guess "+strconv.Itoa(i), home)
				codes[i] = standin.CodeOf(err)
			})
		}
		wg.Wait()
		got := map[string]int{}
		for _, code := range codes {
			got[code]++
		}
		if diff := cmp.Diff(map[string]int{"signin.not_right": 5, "signin.too_many": 25}, got); diff != "" || hashed.Load() != 5 {
			t.Errorf("%d were compared; %s", hashed.Load(), diff)
		}
	})
}

// receive gives up in the end, so that a test that waits in vain fails.
func receive[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(30 * time.Second):
		t.Fatal("waited in vain")
	}
	return v
}

// TestHashingIsBounded: two at once, three waiting, the rest is refused at once, and who gives up leaves their place.
func TestHashingIsBounded(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		o := housetest.Cheap()
		o.Hashing, o.Waiting = 2, 3
		s := w.Door(o)
		var busy, most atomic.Int64
		began, goOn := make(chan bool, 30), make(chan bool)
		s.OnHash(func(compute func()) {
			now := busy.Add(1)
			defer busy.Add(-1)
			for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
			}
			began <- true
			<-goOn
			compute()
		})
		answers := make(chan string, 30)
		try := func(ctx context.Context, i int) {
			_, _, err := s.Password(ctx, fmt.Sprintf("n%d@acme.example", i), "a wrong password", standin.Origin{Address: fmt.Sprintf("192.0.2.%d", i)})
			answers <- standin.CodeOf(err)
		}
		impatient, giveUp := context.WithCancel(t.Context())
		go try(t.Context(), 0)
		go try(t.Context(), 1)
		receive(t, began)
		receive(t, began)
		for i := range 20 {
			go try(impatient, 2+i)
		}
		for i := range 17 {
			if code := receive(t, answers); code != "signin.busy" {
				t.Fatalf("answer %d: got %s", i, code)
			}
		}
		giveUp()
		for range 3 {
			if code := receive(t, answers); code != "signin.given_up" {
				t.Fatalf("got %s", code)
			}
		}
		for i := range 3 { // their places are free again
			go try(t.Context(), 30+i)
		}
		close(goOn)
		for range 5 {
			if code := receive(t, answers); code != "signin.not_right" {
				t.Errorf("got %s", code)
			}
		}
		if most.Load() != 2 {
			t.Errorf("got %d at once", most.Load())
		}
	})
}

// TestWhatChangesWhileAPasswordIsHashed: what counts is what is true when the login begins.
func TestWhatChangesWhileAPasswordIsHashed(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		s := w.Door(housetest.Cheap())
		var meanwhile func() error
		s.OnHash(func(compute func()) {
			compute()
			if err := meanwhile(); err != nil {
				t.Error(err)
			}
		})
		enter := func() error {
			_, _, err := s.Password(t.Context(), "ann@acme.example", good, home)
			return err
		}
		meanwhile = func() error { return w.SetPassword(t.Context(), operator(), "ann", hers) }
		refused(t, enter(), standin.Unauthenticated, "signin.not_right")
		if err := w.SetPassword(t.Context(), operator(), "ann", good); err != nil {
			t.Fatal(err)
		}
		meanwhile = func() error { return w.Directory.Deactivate(t.Context(), operator(), "ann") }
		refused(t, enter(), standin.Denied, "signin.blocked")
		if n := w.Count(`SELECT count(*) FROM logins WHERE ended_at IS NULL`); n != 0 {
			t.Errorf("got %d logins", n)
		}
	})
}

func TestCookies(t *testing.T) {
	for secure, want := range map[bool]string{
		true:  "__Host-standin=abc; Path=/; HttpOnly; Secure; SameSite=Lax",
		false: "standin=abc; Path=/; HttpOnly; SameSite=Lax",
	} {
		if got := signin.Cookie(secure, "abc").String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		gone := signin.Cookie(secure, "")
		if gone.MaxAge >= 0 || gone.Name != signin.CookieName(secure) || gone.Secure != secure || gone.Path != "/" {
			t.Errorf("got %s, want it taken away", gone)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(signin.Cookie(!secure, "planted under the other name"))
		if got := signin.Token(r, secure); got != "" {
			t.Errorf("got %q", got)
		}
		r.AddCookie(signin.Cookie(secure, "abc"))
		if got := signin.Token(r, secure); got != "abc" {
			t.Errorf("got %q", got)
		}
	}
}
