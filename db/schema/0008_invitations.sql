-- +goose Up

-- Links with which a person sets their password: random, used once, told only to whoever asked for one.
CREATE TABLE invitations (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL UNIQUE,
    person       TEXT NOT NULL,
    token        TEXT NOT NULL UNIQUE,  -- SHA-256 of the link's secret
    again        BIGINT NOT NULL CHECK (again IN (0, 1)),  -- the person had a password already
    made_by      TEXT NOT NULL,         -- an actor
    made_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    ended_how    TEXT NOT NULL,
    login        TEXT NOT NULL,         -- the sign-in that its use began
    told_at      BIGINT,                -- when its person said that they know of its use
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, person) REFERENCES people (organisation, id)
);
CREATE INDEX invitations_person ON invitations (organisation, person, ended_at);

-- Links with which the first organisation of an empty installation is set up.
CREATE TABLE setup_links (
    id         TEXT PRIMARY KEY,
    token      TEXT NOT NULL UNIQUE,    -- SHA-256 of the link's secret
    made_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT,
    ended_how  TEXT NOT NULL
);

ALTER TABLE clients ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN salt TEXT NOT NULL DEFAULT '';         -- of the fingerprint that records tell
ALTER TABLE clients ADD COLUMN former_hash TEXT NOT NULL DEFAULT '';  -- of the secret before, which works until former_until
ALTER TABLE clients ADD COLUMN former_until BIGINT;

ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN expires_at BIGINT;
ALTER TABLE api_keys ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN former_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN former_until BIGINT;
CREATE INDEX api_keys_former ON api_keys (former_hash);
