-- +goose Up

-- The record is read by each of its filters from an index that begins with the filter's column and goes on in the order
-- of the list, so that a page costs what it holds and not what the record holds. Most records are of people in their own
-- name, outside of a session: they have no entry in the indexes of what they lack.
DROP INDEX records_principal;
DROP INDEX records_session;
CREATE INDEX records_principal ON records (organisation, principal, at, id) WHERE principal <> '';
CREATE INDEX records_session ON records (organisation, session, at, id) WHERE session <> '';
CREATE INDEX records_delegation ON records (organisation, delegation, at, id) WHERE delegation <> '';
CREATE INDEX records_action ON records (organisation, action, at, id);
CREATE INDEX records_outcome ON records (organisation, outcome, at, id) WHERE outcome <> 'done';
CREATE INDEX records_behalf ON records (organisation, at, id) WHERE principal <> '';

-- Verifications of an organisation's record that somebody asked for. They run behind, one at a time in an organisation;
-- whoever runs one takes it until an instant, so that another goes on where a program was stopped.
CREATE TABLE record_checks (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    asked_by     TEXT NOT NULL,         -- an actor
    asked_at     BIGINT NOT NULL,
    until        BIGINT NOT NULL,
    done         BIGINT NOT NULL,       -- records that were recomputed so far
    total        BIGINT NOT NULL,
    ended_at     BIGINT,
    size         BIGINT NOT NULL,       -- records that the last good checkpoint covers
    finding      TEXT NOT NULL,         -- '' where all is well
    sequence     BIGINT NOT NULL,       -- the first bad record, or the first that can be it; -1 where it has no place
    last         BIGINT NOT NULL,       -- the last that can be it
    record       TEXT NOT NULL,
    detail       TEXT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX record_checks_open ON record_checks (organisation) WHERE ended_at IS NULL;
CREATE INDEX record_checks_asked ON record_checks (organisation, asked_at);
