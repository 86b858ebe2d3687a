-- +goose Up

-- What was last changed of a delegation's window or limits, so that both people are told of it.
ALTER TABLE delegations ADD COLUMN edited_at BIGINT;
ALTER TABLE delegations ADD COLUMN edited_by TEXT NOT NULL DEFAULT '';   -- the actor of the record
ALTER TABLE delegations ADD COLUMN edited_how TEXT NOT NULL DEFAULT '';  -- widened or narrowed
