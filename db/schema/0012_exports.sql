-- +goose Up

-- Exports of an organisation's record that run behind. Whoever runs one takes it until an instant; it goes on where the
-- last part ended, here or in another program.
CREATE TABLE record_exports (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    asked_by     TEXT NOT NULL,         -- an actor
    asked_at     BIGINT NOT NULL,
    form         TEXT NOT NULL CHECK (form IN ('jsonl', 'csv')),
    filter       TEXT NOT NULL,
    scope        TEXT NOT NULL,         -- what whoever asked could see
    until        BIGINT NOT NULL,
    records      BIGINT NOT NULL,       -- written so far
    parts        BIGINT NOT NULL,
    bytes        BIGINT NOT NULL,       -- as the parts are kept
    place_at     BIGINT NOT NULL,       -- the place in the list that was reached
    place        TEXT NOT NULL,
    first_at     BIGINT NOT NULL,       -- of the oldest record that there is
    ended_at     BIGINT,
    ended_how    TEXT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX record_exports_asked ON record_exports (organisation, asked_by, asked_at);
CREATE INDEX record_exports_open ON record_exports (until) WHERE ended_at IS NULL;

-- What was written of each, in parts that were compressed one by one.
CREATE TABLE record_export_parts (
    organisation TEXT NOT NULL,
    export       TEXT NOT NULL,
    number       BIGINT NOT NULL,
    content      TEXT NOT NULL,         -- gzip, as base64
    PRIMARY KEY (organisation, export, number),
    FOREIGN KEY (organisation, export) REFERENCES record_exports (organisation, id)
);

-- What was refused or failed is mostly asked for together with an action. Few records are that, so few pay for the index. It
-- is of both in one, so that no database takes it for the outcome alone.
CREATE INDEX records_refusals ON records (organisation, (outcome || ' ' || action), at, id) WHERE outcome <> 'done';

-- Who ended a sign-in that was not theirs, an actor; '' for all others.
ALTER TABLE logins ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';
