package db

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/standin-id/standin"
)

// Time is an instant as a column holds it: UTC microseconds, NULL for the zero time.
type Time struct{ time.Time }

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return standin.Micros(t.Time), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		t.Time = time.Time{}
	case int64:
		t.Time = standin.Instant(v)
	default:
		return fmt.Errorf("an instant cannot be read from %T", src)
	}
	return nil
}
