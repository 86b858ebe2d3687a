-- +goose Up

-- The keys that sign tokens, the installation's own. One of each algorithm is next, one signs, the others did.
CREATE TABLE signing_keys (
    id         TEXT PRIMARY KEY,        -- the thumbprint of its public half (RFC 7638)
    algorithm  TEXT NOT NULL CHECK (algorithm IN ('ES256', 'RS256')),
    public     TEXT NOT NULL,           -- PKIX as base64
    private    TEXT NOT NULL,           -- PKCS 8, sealed with the key of the keys file, as base64
    seal       TEXT NOT NULL,           -- which key sealed it
    made_at    BIGINT NOT NULL,
    signs_at   BIGINT,                  -- began to sign; NULL: published ahead
    retired_at BIGINT,                  -- signs no more
    stolen_at  BIGINT,                  -- what it signed means nothing any more
    CHECK (stolen_at IS NULL OR retired_at IS NOT NULL)
);
CREATE UNIQUE INDEX signing_keys_signs ON signing_keys (algorithm) WHERE signs_at IS NOT NULL AND retired_at IS NULL;
CREATE UNIQUE INDEX signing_keys_next ON signing_keys (algorithm) WHERE signs_at IS NULL AND retired_at IS NULL;

-- What applications are to be told: that somebody is no longer signed in. Whoever tells takes it until an instant.
CREATE TABLE logout_deliveries (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    client       TEXT NOT NULL,
    sid          TEXT NOT NULL,         -- an acting session, or a login
    actor        TEXT NOT NULL,
    principal    TEXT NOT NULL,         -- the token's subject
    session      TEXT NOT NULL,
    delegation   TEXT NOT NULL,
    made_at      BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,       -- of the next try, or until when it is taken
    tries        BIGINT NOT NULL,
    tried_at     BIGINT,
    problem      TEXT NOT NULL,         -- of the last try
    ended_at     BIGINT,
    ended_how    TEXT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (client) REFERENCES clients (id),
    CHECK ((ended_at IS NULL) = (ended_how = ''))
);
CREATE INDEX logout_deliveries_due ON logout_deliveries (due_at) WHERE ended_at IS NULL;
CREATE INDEX logout_deliveries_client ON logout_deliveries (organisation, client, made_at);
