package ledger

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Checkpoint is a signed statement of what a tree was: its first Size leaves have the hash Root. Whoever keeps one can
// later prove that the records it covers were altered, forked or rolled back.
//
// It is written as a C2SP tlog-checkpoint, "<installation>/<organisation>", size, root, with two more lines: "at" and the
// instant in microseconds, "previous" and the size of the tree's checkpoint before; signed as a note whose key has the
// origin's name. The tree of the installation's order has the origin "<installation>".
type Checkpoint struct {
	Origin   string
	Size     int64
	Root     tlog.Hash
	At       time.Time
	Previous int64
	Note     string // the whole, as signed
}

// origin returns the origin of an organisation's tree; a note's names hold no spaces and no plus.
func origin(installation string, organisation standin.OrganisationID) string {
	if organisation == order {
		return installation
	}
	return installation + "/" + strings.ReplaceAll(url.PathEscape(string(organisation)), "+", "%2B")
}

// sign fills in c.Note.
func (c *Checkpoint) sign(key Key) error {
	body := c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n" +
		"at " + strconv.FormatInt(standin.Micros(c.At), 10) + "\n" + "previous " + strconv.FormatInt(c.Previous, 10) + "\n"
	s, err := key.signer(c.Origin)
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: body}, s)
	c.Note = string(signed)
	return err
}

var errCheckpoint = errors.New("it is not a checkpoint")

// openCheckpoint reads a checkpoint and checks that the key signed it, whatever its origin. Other signatures, a witness's
// perhaps, may follow; Note is without them.
func openCheckpoint(text string, by Verifier) (Checkpoint, error) {
	c := Checkpoint{Note: text}
	c.Origin, _, _ = strings.Cut(text, "\n")
	if c.Origin != by.Name() && !strings.HasPrefix(c.Origin, by.Name()+"/") {
		return c, errors.New("it is of another installation, " + strconv.Quote(c.Origin))
	}
	v, err := by.verifier(c.Origin)
	if err != nil {
		return c, errCheckpoint
	}
	n, err := note.Open([]byte(text), note.VerifierList(v))
	if err != nil {
		return c, err
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64); err != nil {
		return c, errCheckpoint
	}
	signed, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs})
	if err != nil {
		return c, err
	}
	c.Note = string(signed)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 6 || lines[5] != "" {
		return c, errCheckpoint
	}
	var at int64
	for _, number := range []struct {
		line, prefix string
		to           *int64
	}{{lines[1], "", &c.Size}, {lines[3], "at ", &at}, {lines[4], "previous ", &c.Previous}} {
		digits, ok := strings.CutPrefix(number.line, number.prefix)
		*number.to, err = strconv.ParseInt(digits, 10, 64)
		if !ok || err != nil || *number.to < 0 || strconv.FormatInt(*number.to, 10) != digits {
			return c, errCheckpoint
		}
	}
	c.At = standin.Instant(at)
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil || c.Previous > c.Size {
		return c, errCheckpoint
	}
	return c, nil
}

// lastCheckpoint reads the note that covers most of the organisation's tree; "" where there is none.
func lastCheckpoint(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) (string, error) {
	var text string
	err := tx.QueryRow(ctx, `SELECT note FROM checkpoints WHERE organisation = $1 ORDER BY size DESC LIMIT 1`,
		string(organisation)).Scan(&text)
	if db.IsNotFound(err) {
		return "", nil
	}
	return text, err
}
