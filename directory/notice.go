package directory

import "strings"

// Notice returns the privacy notice in force: the organisation's own, or the built-in one in the language.
func (s Settings) Notice(lang string) PrivacyNotice {
	if s.PrivacyNotice.Text != "" {
		return s.PrivacyNotice
	}
	n := PrivacyNotice{Version: s.PrivacyNotice.Version, Text: noticeEnglish}
	if n.Version == "" {
		n.Version = "standin-1"
	}
	if lang == "de" || strings.HasPrefix(lang, "de-") {
		n.Text = noticeGerman
	}
	return n
}

const noticeEnglish = `When somebody stands in for somebody else, Standin writes down who did what, for whom, and when. This page says what is kept about you, and why.

What is kept: your name, e-mail address, unit, manager and roles; when you signed in, from which network address and with which browser; who may stand in for you and for whom you may stand in; and every action that you take in somebody else's place, or that somebody takes in yours.

Why: so that you can always see what was done in your name, and so that nobody has to lend out a password. The record names the person who really acted, and nobody can change it unseen.

Who sees it: you see what concerns you. Administrators and auditors of your organisation see what their role covers. Organisations never see each other.

Administrators may look at the system as you see it, if your organisation allows it. You are told whenever that happens, and it never happens before you accepted this notice.

For how long your data is kept, and whom to ask about it, your organisation tells you.`

const noticeGerman = `Wenn jemand eine andere Person vertritt, hält Standin fest, wer was für wen und wann getan hat. Auf dieser Seite steht, was über Sie gespeichert wird und warum.

Was gespeichert wird: Ihr Name, Ihre E-Mail-Adresse, Ihr Bereich, Ihre Führungskraft und Ihre Rollen; wann Sie sich angemeldet haben, von welcher Netzadresse und mit welchem Browser; wer Sie vertreten darf und wen Sie vertreten dürfen; und jede Handlung, die Sie an Stelle anderer vornehmen oder andere an Ihrer Stelle.

Warum: damit Sie jederzeit sehen, was in Ihrem Namen getan wurde, und damit niemand ein Passwort verleihen muss. Das Protokoll nennt die Person, die wirklich gehandelt hat, und niemand kann es unbemerkt ändern.

Wer es sieht: Sie sehen, was Sie betrifft. Administratoren und Prüfer Ihrer Organisation sehen, was ihre Rolle umfasst. Organisationen sehen einander nie.

Administratoren können das System so sehen, wie Sie es sehen, wenn Ihre Organisation das erlaubt. Sie erfahren jedes Mal davon, und nie geschieht es, bevor Sie diesen Hinweis angenommen haben.

Wie lange Ihre Daten aufbewahrt werden und an wen Sie sich wenden können, teilt Ihnen Ihre Organisation mit.`
