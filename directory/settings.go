package directory

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory/names"
)

// Settings are an organisation's choices. The zero Settings are not valid; DefaultSettings are.
type Settings struct {
	Acting        ActingSettings
	Delegation    DelegationSettings
	Word          string // what its people read for a stand-in: "deputy", "proxy", "backup" or "representative"
	Impersonation ImpersonationSettings
	Calls         string // whom calls reach while somebody acts: "own" (the actor), "principal" or "both"
	PrivacyNotice PrivacyNotice
	TimeZone      string // of people who name none
	Decisions     DecisionSettings
}

// DecisionSettings say which answers to applications are recorded. Those on behalf of somebody always are.
type DecisionSettings struct {
	RecordOwn bool // those in one's own name, too
}

// ActingSettings bound acting sessions.
type ActingSettings struct {
	Default time.Duration // the first span, and each extension
	Max     time.Duration // the total, 1 h to 24 h
}

// DelegationSettings bound delegations.
type DelegationSettings struct {
	Max    time.Duration // the longest span, 0 for no cap
	Accept bool          // the stand-in is asked to accept
}

// ImpersonationSettings say who may impersonate and who is told.
type ImpersonationSettings struct {
	SuperAdminsOnly bool
	NotifyChanges   bool
}

// PrivacyNotice is the organisation's own; without a text the built-in one is shown.
type PrivacyNotice struct {
	Version string
	Text    string
}

const (
	day = 24 * time.Hour
	// LongestActing is the most that an acting session may last, whatever is set (DESIGN.md P7).
	LongestActing  = 24 * time.Hour
	shortestActing = time.Hour
	longestCap     = 3650 * day
	longestNotice  = 50_000 // bytes
)

// DefaultSettings returns the settings of an organisation that chose nothing.
func DefaultSettings() Settings {
	return Settings{
		Acting:        ActingSettings{Default: time.Hour, Max: LongestActing},
		Delegation:    DelegationSettings{Max: 90 * day},
		Word:          "deputy",
		Impersonation: ImpersonationSettings{NotifyChanges: true},
		Calls:         "principal",
		TimeZone:      "UTC",
	}
}

// Words returns what the setting Word may be.
func Words() []string { return []string{"deputy", "proxy", "backup", "representative"} }

// Calls returns what the setting Calls may be.
func Calls() []string { return []string{"own", "principal", "both"} }

// Check refuses settings that are out of their bounds. The refusal's field is the setting's path, "settings.acting.max".
func (s Settings) Check() error {
	const op = "directory.settings"
	switch {
	case s.Acting.Max < shortestActing || s.Acting.Max > LongestActing:
		return standin.Refuse(standin.Invalid, op, "directory.acting_max", "An acting session may last 1 to 24 hours.").On("settings.acting.max")
	case s.Acting.Default < shortestActing || s.Acting.Default > s.Acting.Max:
		return standin.Refuse(standin.Invalid, op, "directory.acting_default",
			"An acting session lasts at first at least 1 hour and at most {max}.").With("max", Span(s.Acting.Max)).On("settings.acting.default")
	case s.Delegation.Max != 0 && (s.Delegation.Max < day || s.Delegation.Max > longestCap):
		return standin.Refuse(standin.Invalid, op, "directory.delegation_max",
			"The longest span of a delegation is 1 to 3650 days, or none.").On("settings.delegation.max")
	case s.Acting.Default%time.Second != 0 || s.Acting.Max%time.Second != 0 || s.Delegation.Max%time.Second != 0:
		return standin.Refuse(standin.Invalid, op, "directory.whole_seconds", "Spans are whole seconds.").On("settings")
	case !slices.Contains(Words(), s.Word):
		return standin.Refuse(standin.Invalid, op, "directory.word", "The word is one of {words}.").
			With("words", strings.Join(Words(), ", ")).On("settings.word")
	case !slices.Contains(Calls(), s.Calls):
		return standin.Refuse(standin.Invalid, op, "directory.calls", "Calls reach one of {choices}.").
			With("choices", strings.Join(Calls(), ", ")).On("settings.calls")
	case s.PrivacyNotice.Text != "" && s.PrivacyNotice.Version == "",
		s.PrivacyNotice.Version != strings.TrimSpace(s.PrivacyNotice.Version) || names.Deceives(s.PrivacyNotice.Version):
		return standin.Refuse(standin.Invalid, op, "directory.notice_version",
			"A privacy notice needs a version that one can read, so that people are asked again when it changes.").On("settings.privacy_notice.version")
	case len(s.PrivacyNotice.Text) > longestNotice || len(s.PrivacyNotice.Version) > 64:
		return standin.Refuse(standin.Invalid, op, "directory.notice_long",
			"A privacy notice has at most 50,000 bytes, its version at most 64.").On("settings.privacy_notice")
	}
	if _, err := names.TimeZone(s.TimeZone); err != nil {
		return onField(err, "settings.time_zone")
	}
	return nil
}

// settingsText is how settings are stored and recorded.
type settingsText struct {
	Acting struct {
		Default string `json:"default"`
		Max     string `json:"max"`
	} `json:"acting"`
	Delegation struct {
		Max    string `json:"max"`
		Accept bool   `json:"accept"`
	} `json:"delegation"`
	Word          string `json:"word"`
	Impersonation struct {
		SuperAdminsOnly bool `json:"super_admins_only"`
		NotifyChanges   bool `json:"notify_changes"`
	} `json:"impersonation"`
	Calls         string `json:"calls"`
	PrivacyNotice struct {
		Version string `json:"version"`
		Text    string `json:"text"`
	} `json:"privacy_notice"`
	TimeZone  string `json:"time_zone"`
	Decisions struct {
		RecordOwn bool `json:"record_own"`
	} `json:"decisions"`
}

// MarshalJSON writes the settings as a world file names them, spans as "1h" and "90d" and no cap as "none".
func (s Settings) MarshalJSON() ([]byte, error) {
	var t settingsText
	t.Acting.Default, t.Acting.Max = Span(s.Acting.Default), Span(s.Acting.Max)
	t.Delegation.Max, t.Delegation.Accept = Span(s.Delegation.Max), s.Delegation.Accept
	t.Word, t.Calls, t.TimeZone = s.Word, s.Calls, s.TimeZone
	t.Impersonation.SuperAdminsOnly, t.Impersonation.NotifyChanges = s.Impersonation.SuperAdminsOnly, s.Impersonation.NotifyChanges
	t.PrivacyNotice.Version, t.PrivacyNotice.Text = s.PrivacyNotice.Version, s.PrivacyNotice.Text
	t.Decisions.RecordOwn = s.Decisions.RecordOwn
	return json.Marshal(t)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Settings) UnmarshalJSON(text []byte) error {
	var t settingsText
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	for _, span := range []struct {
		to   *time.Duration
		from string
	}{{&s.Acting.Default, t.Acting.Default}, {&s.Acting.Max, t.Acting.Max}, {&s.Delegation.Max, t.Delegation.Max}} {
		d, err := ParseSpan(span.from)
		if err != nil {
			return err
		}
		*span.to = d
	}
	s.Delegation.Accept = t.Delegation.Accept
	s.Word, s.Calls, s.TimeZone = t.Word, t.Calls, t.TimeZone
	s.Impersonation = ImpersonationSettings{SuperAdminsOnly: t.Impersonation.SuperAdminsOnly, NotifyChanges: t.Impersonation.NotifyChanges}
	s.PrivacyNotice = PrivacyNotice{Version: t.PrivacyNotice.Version, Text: t.PrivacyNotice.Text}
	s.Decisions = DecisionSettings{RecordOwn: t.Decisions.RecordOwn}
	return nil
}

// Span writes a span as people do: "90d", "8h", "1h30m"; "none" for 0. Days are 24 hours.
func Span(d time.Duration) string {
	switch {
	case d == 0:
		return "none"
	case d%day == 0 && d > day:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ParseSpan reads a span: "90d", "8h", "1h30m", "none".
func ParseSpan(text string) (time.Duration, error) {
	bad := standin.Refuse(standin.Invalid, "directory.span", "directory.span", `"{text}" is no span: 90d, 8h, 1h30m or none is expected.`)
	if text == "none" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > int(longestCap/day) {
			return 0, bad.With("text", names.Excerpt(text))
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, bad.With("text", names.Excerpt(text))
	}
	return d, nil
}
