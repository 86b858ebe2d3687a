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
    asked_at       BIGINT,           -- acceptance was asked for
    accepted_at    BIGINT,
    declined_at    BIGINT,
    decline_reason TEXT NOT NULL,
    enabled_at     BIGINT,           -- a standby's present span
    enabled_until  BIGINT,
    inactive_at    BIGINT,
    ended_at       BIGINT,
    ended_by       TEXT NOT NULL,
    ended_how      TEXT NOT NULL CHECK (ended_how IN ('', 'revoked', 'laid_down')),
    used_at        BIGINT,           -- first used
    changed_at     BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, principal) REFERENCES people (organisation, id),
    FOREIGN KEY (organisation, actor) REFERENCES people (organisation, id),
    CHECK (principal <> actor),
    CHECK (ends_at IS NULL OR starts_at < ends_at)
);
CREATE INDEX delegations_principal ON delegations (organisation, principal, ended_at);
CREATE INDEX delegations_actor ON delegations (organisation, actor, ended_at);
