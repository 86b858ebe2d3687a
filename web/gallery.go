package web

import (
	"log/slog"
	"net/http"
	"time"
)

// Gallery lists every page in every state. It exists in the demonstration and in tests alone.
type Gallery struct {
	Base
	Pages []GalleryPage
}

// GalleryPage is one page's states.
type GalleryPage struct {
	Name   string
	States []GalleryState
}

// GalleryState is one page in one state.
type GalleryState struct {
	Page, Name string
	status     int
	view       func(b Base) page
}

// galleryNow is when everything in the gallery happens: Saturday 21 November 2026, 9:18 in Berlin.
var galleryNow = time.Date(2026, 11, 21, 8, 18, 0, 0, time.UTC)

func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return zone
}

func galleryStates() []GalleryState {
	var all []GalleryState
	for _, some := range [][]GalleryState{entranceStates(), chooserStates(), homeStates(), namingStates(), delegationStates(),
		actingStates(), auditStates(), failureStates()} {
		all = append(all, some...)
	}
	return all
}

func galleryPages() []GalleryPage {
	var all []GalleryPage
	for _, s := range galleryStates() {
		if len(all) == 0 || all[len(all)-1].Name != s.Page {
			all = append(all, GalleryPage{Name: s.Page})
		}
		last := &all[len(all)-1]
		last.States = append(last.States, s)
	}
	return all
}

// GalleryHandler answers GET /gallery, /gallery/{page}/{state} and /assets/: every page in every state, of invented people,
// in the language and theme of the browser. It needs no room and no sign-in, and serve never mounts it.
func GalleryHandler(log *slog.Logger) http.Handler {
	s := &site{pages: parse(), now: time.Now, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /gallery", s.serveGallery)
	mux.HandleFunc("GET /gallery/{page}/{state}", s.serveGallery)
	mux.HandleFunc("GET /assets/{file}", serveAsset)
	mux.HandleFunc("POST /preferences", s.preferences)
	return guarded(mux)
}

func (s *site) serveGallery(w http.ResponseWriter, r *http.Request) {
	b := s.plain(r)
	b.now, b.zone = galleryNow, berlin()
	b.Me, b.Organisation, b.Stamp = ada(), "Acme Ltd", "gallery"
	b.RequestID = "r-7c1e40"
	name, view, status := "gallery", page(&Gallery{Base: b, Pages: galleryPages()}), http.StatusOK
	if wanted := r.PathValue("page"); wanted != "" {
		name = ""
		for _, state := range galleryStates() {
			if state.Page == wanted && state.Name == r.PathValue("state") {
				name, view, status = state.Page, state.view(b), state.status
			}
		}
	}
	if name == "" {
		s.fail(w, r, b, notFound())
		return
	}
	if status == 0 {
		status = http.StatusOK
	}
	s.show(w, r, status, name, view)
}

// on returns the instant so many days and hours after the gallery's now.
func on(days, hours int) time.Time {
	return time.Date(2026, 11, 21+days, hours-1, 0, 0, 0, time.UTC)
}

func ada() *Who {
	return &Who{ID: "p-ada", Name: "Ada Lindqvist", Email: "ada@acme.example", Note: "Sales, EMEA"}
}
func bilal() Who {
	return Who{ID: "p-bilal", Name: "Bilal Kaya", Email: "bilal@acme.example", Note: "Sales"}
}
func chiara() Who {
	return Who{ID: "p-chiara", Name: "Chiara Moretti", Email: "chiara@acme.example", Note: "Finance"}
}
func noor() Who {
	return Who{ID: "p-noor", Name: "نور الهدى عبد الرحمن", Email: "noor@acme.example", Note: "Finance"}
}
func lengthy() Who {
	return Who{ID: "p-long", Name: "Maria-Theresia Hildegard Wolkenstein-Trostburg von Hohenlohe-Schillingsfürst-Waldenburg zu Oehringen",
		Email: "maria-theresia.hildegard.wolkenstein-trostburg.von.hohenlohe@acme.example", Note: "Legal, Contracts, Frameworks"}
}
func hostile() Who {
	return Who{ID: "p-mallory", Name: "<b>Bilal</b>\u202e Kaya\u2066 <script>alert(1)</script>", Email: "mallory@acme.example", Note: "Sales"}
}

// actingFor returns b acting for the principal with so many minutes left.
func actingFor(b Base, principal Who, minutes int) Base {
	b.Acting = &Acting{Principal: principal, Kind: "cover", Ends: galleryNow.Add(time.Duration(minutes) * time.Minute), Why: "session",
		Limit: on(7, 22), Extendable: true, Extension: time.Hour}
	return b
}

func wrong(b Base, problems ...Problem) Base { b.Problems = problems; return b }

func flash(b Base, text string) Base { b.Flash = text; return b }

func nobody(b Base) Base { b.Me, b.Acting, b.Organisation = nil, nil, ""; return b }
