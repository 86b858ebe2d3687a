-- +goose Up

CREATE TABLE passwords (
    organisation TEXT NOT NULL,
    person       TEXT NOT NULL,
    hash         TEXT NOT NULL,
    changed_at   BIGINT NOT NULL,
    PRIMARY KEY (organisation, person),
    FOREIGN KEY (organisation, person) REFERENCES people (organisation, id)
);

CREATE TABLE logins (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL UNIQUE,
    person       TEXT NOT NULL,
    token        TEXT NOT NULL UNIQUE,  -- SHA-256 of the cookie's value
    former       TEXT NOT NULL,         -- of its value before, which proves nothing any more
    factors      TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    proved_at    BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    acted_at     BIGINT,                -- last began to act
    ends_at      BIGINT NOT NULL,
    ended_at     BIGINT,
    ended_how    TEXT NOT NULL,
    address      TEXT NOT NULL,
    agent        TEXT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, person) REFERENCES people (organisation, id)
);
CREATE INDEX logins_person ON logins (organisation, person, ended_at);
CREATE INDEX logins_former ON logins (former);

-- How often signing in failed, known or not who was meant: by address of e-mail, of network, and by both together.
CREATE TABLE attempts (
    subject  TEXT PRIMARY KEY,  -- "email:", "address:" or "both:" and a SHA-256
    failures BIGINT NOT NULL,
    since    BIGINT NOT NULL,   -- of the last
    until    BIGINT             -- refused until then
);
CREATE INDEX attempts_since ON attempts (since);
