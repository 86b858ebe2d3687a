package main

import "testing"

func TestPublicURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://standin.example":      "https://standin.example",
		"https://standin.example/":     "https://standin.example",
		"https://Standin.Example:443":  "https://standin.example",
		"https://standin.example:8443": "https://standin.example:8443",
		"http://127.0.0.1:80":          "http://127.0.0.1",
		"https://[2001:db8::1]:8443":   "https://[2001:db8::1]:8443",
		"standin.example":              "",
		"ftp://standin.example":        "",
		"https://":                     "",
		"https://a:b@standin.example":  "",
		"https://standin.example/a":    "",
		"https://standin.example/?a":   "",
		"https://standin.example#a":    "",
		"https://stand in.example":     "",
	} {
		u, err := publicURL(text)
		if (err == nil) != (want != "") || err == nil && u.String() != want {
			t.Errorf("%s: got %v, %v, want %q", text, u, err, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{"127.0.0.1": true, "127.1.2.3": true, "::1": true, "[::1]": true, "localhost": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "standin.example": false, "localhost.evil.example": false,
		"127.0.0.1.evil.example": false, "::ffff:10.0.0.1": false} {
		if got := loopback(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}
