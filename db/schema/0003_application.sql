-- +goose Up

CREATE TABLE applications (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    id           TEXT NOT NULL,
    name         TEXT NOT NULL,
    catalogue    TEXT NOT NULL,
    guardrails   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

CREATE TABLE clients (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    id           TEXT NOT NULL UNIQUE,
    secret_hash  TEXT NOT NULL,
    redirects    TEXT NOT NULL,
    post_logout  TEXT NOT NULL,
    back_channel TEXT NOT NULL,
    public       BIGINT NOT NULL CHECK (public IN (0, 1)),
    exchange     BIGINT NOT NULL CHECK (exchange IN (0, 1)),
    stand_ins    BIGINT NOT NULL CHECK (stand_ins IN (0, 1)),
    application  TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    version      BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

CREATE TABLE api_keys (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    id           TEXT NOT NULL UNIQUE,
    secret_hash  TEXT NOT NULL UNIQUE,
    may          TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    used_at      BIGINT,           -- when it last asked for something, to the minute
    version      BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
