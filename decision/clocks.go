package decision

import (
	"context"
	"time"
)

// mostApart is how far this program's clock may be from the database's (THREATS 41). Several replicas judge windows by
// their own clocks, and are kept together by the database's.
const mostApart = 2 * time.Second

// CompareClocks compares this program's clock with the database's. From then on, until it is called again and finds them
// together, nothing is permitted on behalf of anybody where they are more than two seconds apart. A database that does not
// answer changes nothing: without it nothing is permitted anyway.
func (d *Decisions) CompareClocks(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before := d.now()
	theirs, err := d.db.Clock(ctx)
	if err != nil {
		return err
	}
	after := d.now()
	d.apart.Store(before.Sub(theirs) > mostApart || theirs.Sub(after) > mostApart)
	return nil
}

// Run compares the clocks once a second, until ctx ends; then it returns nil.
func (d *Decisions) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		// An unreachable database is for others to report: each question meets it, and is denied.
		_ = d.CompareClocks(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
