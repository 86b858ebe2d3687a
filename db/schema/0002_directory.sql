-- +goose Up

CREATE TABLE organisations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    settings   TEXT NOT NULL,
    guardrails TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version    BIGINT NOT NULL
);

CREATE TABLE units (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    id           TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

CREATE TABLE people (
    organisation     TEXT NOT NULL REFERENCES organisations (id),
    id               TEXT NOT NULL UNIQUE,
    name             TEXT NOT NULL,
    email            TEXT NOT NULL,
    email_key        TEXT NOT NULL UNIQUE,
    search           TEXT NOT NULL,  -- bare words of name and address
    sort_key         TEXT NOT NULL,  -- orders names alike in every collation
    unit             TEXT,
    manager          TEXT NOT NULL,
    time_zone        TEXT NOT NULL,
    language         TEXT NOT NULL,
    accepted_at      BIGINT,
    accepted_version TEXT NOT NULL,
    last_sign_in     BIGINT,
    inactive_at      BIGINT,
    active_since     BIGINT NOT NULL,  -- logins from before count no more
    created_at       BIGINT NOT NULL,
    version          BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, unit) REFERENCES units (organisation, id)
);
CREATE INDEX people_sort ON people (organisation, sort_key, id);
CREATE INDEX people_unit ON people (organisation, unit, id);
CREATE INDEX people_manager ON people (organisation, manager);

CREATE TABLE roles (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    id           TEXT NOT NULL,
    rank         BIGINT NOT NULL,
    allow        TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

-- A role that a person holds at a unit; the unit '' is the person's own, whichever that is.
CREATE TABLE holdings (
    organisation TEXT NOT NULL,
    person       TEXT NOT NULL,
    role         TEXT NOT NULL,
    unit         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (organisation, person, role, unit),
    FOREIGN KEY (organisation, person) REFERENCES people (organisation, id),
    FOREIGN KEY (organisation, role) REFERENCES roles (organisation, id)
);
CREATE INDEX holdings_role ON holdings (organisation, role);
