-- +goose Up

CREATE TABLE sessions (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL UNIQUE,
    login        TEXT NOT NULL,
    actor        TEXT NOT NULL,
    principal    TEXT NOT NULL,
    delegation   TEXT NOT NULL,
    started_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    limit_at     BIGINT NOT NULL,  -- no extension goes beyond
    ended_at     BIGINT,
    ended_how    TEXT NOT NULL,
    seen_at      BIGINT,           -- its actor turned away from it, or read that it had ended
    version      BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, actor) REFERENCES people (organisation, id),
    FOREIGN KEY (organisation, principal) REFERENCES people (organisation, id),
    CHECK (actor <> principal),
    CHECK (started_at < expires_at AND expires_at <= limit_at),
    CHECK ((ended_at IS NULL) = (ended_how = ''))
);
-- One acting session for each login.
CREATE UNIQUE INDEX sessions_live ON sessions (login) WHERE ended_at IS NULL;
CREATE INDEX sessions_login ON sessions (organisation, login, seen_at);
CREATE INDEX sessions_delegation ON sessions (organisation, delegation);
CREATE INDEX sessions_actor ON sessions (organisation, actor, started_at);
CREATE INDEX sessions_principal ON sessions (organisation, principal, started_at);
CREATE INDEX sessions_open ON sessions (expires_at) WHERE ended_at IS NULL;
