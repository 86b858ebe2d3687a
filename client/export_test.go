package client

import "time"

// SetClock gives the client another clock.
func SetClock(c *Client, now func() time.Time) { c.now = now }

// SetRoom bounds the spool to so many bytes.
func SetRoom(c *Client, most int64) { c.spool.most = most }

// Local is where a sign-in may lead back to.
func Local(c *Client, to string) string { return c.local(to) }
