-- +goose Up

-- When the person last chose as whom they work in this login, themselves included; NULL while they did not.
ALTER TABLE logins ADD COLUMN chosen_at BIGINT;
-- Since when the login's token is to be replaced, for acting in it was ended elsewhere than in its browser; else NULL.
ALTER TABLE logins ADD COLUMN renew_at BIGINT;
CREATE INDEX logins_open ON logins (seen_at) WHERE ended_at IS NULL;
CREATE INDEX logins_limit ON logins (ends_at) WHERE ended_at IS NULL;

-- The principal's tabs, searches and reports were asked for.
ALTER TABLE sessions ADD COLUMN view BIGINT NOT NULL DEFAULT 0 CHECK (view IN (0, 1));
