-- +goose Up

CREATE TABLE delegations (
    organisation   TEXT NOT NULL REFERENCES organisations (id),
    id             TEXT NOT NULL UNIQUE,
    principal      TEXT NOT NULL,
    actor          TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('cover', 'standby', 'entry')),
    purpose        TEXT NOT NULL,
    limits         TEXT NOT NULL,
    starts_at      BIGINT NOT NULL,
    ends_at        BIGINT,           -- none: no end
    created_at     BIGINT NOT NULL,
    created_by     TEXT NOT NULL,    -- the actor of the record, "person:p-1"
    asked_at       BIGINT,           -- an answer was asked for
    asked_of       TEXT NOT NULL,    -- the actor, or the principal of one who named themselves
    accepted_at    BIGINT,
    declined_at    BIGINT,
    decline_reason TEXT NOT NULL,
    enabled_at     BIGINT,           -- a standby's present or last span
    enabled_until  BIGINT,
    inactive_at    BIGINT,
    resumed_at     BIGINT,           -- made active again; sessions from before are over
    ended_at       BIGINT,
    ended_by       TEXT NOT NULL,
    ended_how      TEXT NOT NULL CHECK (ended_how IN ('', 'revoked', 'laid_down')),
    used_at        BIGINT,           -- first used
    changed_at     BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    applied        TEXT NOT NULL,    -- what a world file last said of it
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, principal) REFERENCES people (organisation, id),
    FOREIGN KEY (organisation, actor) REFERENCES people (organisation, id),
    CHECK (principal <> actor),
    CHECK (ends_at IS NULL OR starts_at < ends_at),
    CHECK (asked_of IN ('', principal, actor)),
    CHECK ((asked_at IS NULL) = (asked_of = '')),
    CHECK ((ended_at IS NULL) = (ended_how = '')),
    CHECK ((enabled_at IS NULL) = (enabled_until IS NULL))
);
CREATE INDEX delegations_principal ON delegations (organisation, principal, ended_at);
CREATE INDEX delegations_actor ON delegations (organisation, actor, ended_at);
CREATE INDEX delegations_created ON delegations (organisation, created_at, id);
