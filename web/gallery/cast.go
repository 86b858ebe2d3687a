package gallery

import (
	"time"

	"github.com/standin-id/standin/web/frame"
)

func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return zone
}

// on returns the instant so many days and hours after the gallery's now.
func on(days, hours int) time.Time {
	return time.Date(2026, 11, 21+days, hours-1, 0, 0, 0, time.UTC)
}

func ada() *frame.Who {
	return &frame.Who{ID: "p-ada", Name: "Ada Lindqvist", Email: "ada@acme.example", Note: "Sales, EMEA"}
}
func bilal() frame.Who {
	return frame.Who{ID: "p-bilal", Name: "Bilal Kaya", Email: "bilal@acme.example", Note: "Sales"}
}
func chiara() frame.Who {
	return frame.Who{ID: "p-chiara", Name: "Chiara Moretti", Email: "chiara@acme.example", Note: "Finance"}
}
func noor() frame.Who {
	return frame.Who{ID: "p-noor", Name: "نور الهدى عبد الرحمن", Email: "noor@acme.example", Note: "Finance"}
}
func lengthy() frame.Who {
	return frame.Who{ID: "p-long", Name: "Maria-Theresia Hildegard Wolkenstein-Trostburg von Hohenlohe-Schillingsfürst-Waldenburg zu Oehringen",
		Email: "maria-theresia.hildegard.wolkenstein-trostburg.von.hohenlohe@acme.example", Note: "Legal, Contracts, Frameworks"}
}
func hostile() frame.Who {
	return frame.Who{ID: "p-mallory", Name: "<b>Bilal</b>\u202e Kaya\u2066 <script>alert(1)</script>", Email: "mallory@acme.example", Note: "Sales"}
}

// actingFor returns b acting for the principal with so many minutes left.
func actingFor(b frame.Base, principal frame.Who, minutes int) frame.Base {
	b.Acting = &frame.Acting{Principal: principal, Kind: "cover", Ends: Now.Add(time.Duration(minutes) * time.Minute), Why: "session",
		Limit: on(7, 22), Extendable: true, Extension: time.Hour}
	return b
}

func wrong(b frame.Base, problems ...frame.Problem) frame.Base { b.Problems = problems; return b }

func flash(b frame.Base, text string) frame.Base { b.Flash = text; return b }

func nobody(b frame.Base) frame.Base { b.Me, b.Acting, b.Organisation = nil, nil, ""; return b }
