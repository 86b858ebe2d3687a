-- +goose Up

-- Authorization requests that wait for a person to sign in, choose and allow.
CREATE TABLE authorization_requests (
    id           TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    client       TEXT NOT NULL,
    pushed       TEXT NOT NULL,         -- SHA-256 of the handle under which it was pushed (RFC 9126)
    browser      TEXT NOT NULL,         -- SHA-256 of the cookie that binds it to a browser
    redirect     TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    prompt       TEXT NOT NULL,
    max_age      BIGINT,                -- seconds
    data         TEXT NOT NULL,         -- what the protocol's adapter keeps
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    FOREIGN KEY (client) REFERENCES clients (id)
);
CREATE INDEX authorization_requests_pushed ON authorization_requests (pushed) WHERE pushed <> '';
CREATE INDEX authorization_requests_over ON authorization_requests (expires_at);

-- What applications hold on behalf of people: one for each sign-in to one of them, and one for each exchange below it.
CREATE TABLE grants (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    client       TEXT NOT NULL,
    login        TEXT NOT NULL,
    session      TEXT NOT NULL,         -- '' in one's own name
    actor        TEXT NOT NULL,
    principal    TEXT NOT NULL,
    delegation   TEXT NOT NULL,
    acted_at     BIGINT,                -- of its login when it was made: in one's own name it stands while that stays so
    scopes       TEXT NOT NULL,
    audience     TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    redirect     TEXT NOT NULL,
    challenge    TEXT NOT NULL,         -- S256 (RFC 7636)
    jkt          TEXT NOT NULL,         -- thumbprint of the key it is bound to (RFC 9449)
    auth_time    BIGINT NOT NULL,
    factors      TEXT NOT NULL,
    parent       TEXT NOT NULL,         -- the grant from which it was exchanged
    services     TEXT NOT NULL,         -- the clients that exchanged, in order
    code         TEXT NOT NULL,         -- SHA-256 of the authorization code
    code_until   BIGINT,
    redeemed_at  BIGINT,
    family       TEXT NOT NULL,         -- SHA-256 of what all its refresh tokens have in common
    refresh      TEXT NOT NULL,         -- SHA-256 of the one that works
    refreshed_at BIGINT,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    ended_how    TEXT NOT NULL,
    data         TEXT NOT NULL,         -- what the protocol's adapter keeps
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (client) REFERENCES clients (id),
    CHECK ((session = '') = (actor = principal)),
    CHECK ((session = '') = (delegation = '')),
    CHECK ((ended_at IS NULL) = (ended_how = ''))
);
-- Those that were exchanged fall with the one they came from, and need none of these.
CREATE INDEX grants_open ON grants (id) WHERE ended_at IS NULL AND parent = '';
CREATE INDEX grants_login ON grants (organisation, login) WHERE ended_at IS NULL AND parent = '';
CREATE INDEX grants_actor ON grants (organisation, actor) WHERE ended_at IS NULL AND parent = '';
CREATE INDEX grants_client ON grants (organisation, client) WHERE ended_at IS NULL AND parent = '';
CREATE INDEX grants_session ON grants (organisation, session) WHERE ended_at IS NULL AND parent = '' AND session <> '';
CREATE INDEX grants_principal ON grants (organisation, principal) WHERE ended_at IS NULL AND parent = '' AND session <> '';
CREATE INDEX grants_delegation ON grants (organisation, delegation) WHERE ended_at IS NULL AND parent = '' AND session <> '';

-- Which of a person's data an application of somebody else's may be told, by that person.
CREATE TABLE consents (
    organisation TEXT NOT NULL,
    person       TEXT NOT NULL,
    client       TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    given_at     BIGINT NOT NULL,
    ended_at     BIGINT,
    PRIMARY KEY (organisation, person, client),
    FOREIGN KEY (organisation, person) REFERENCES people (organisation, id),
    FOREIGN KEY (client) REFERENCES clients (id)
);

-- Proofs that count once (RFC 9449 §11.1, RFC 7523 §3), until they would be refused for their age.
CREATE TABLE used_proofs (
    id       TEXT PRIMARY KEY,          -- SHA-256 of whose it is and its jti
    over_at  BIGINT NOT NULL
);
CREATE INDEX used_proofs_over ON used_proofs (over_at);
