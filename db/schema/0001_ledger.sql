-- +goose Up

-- What was done, as it was appended. Rows are only ever inserted.
CREATE TABLE records (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    principal    TEXT NOT NULL,
    session      TEXT NOT NULL,
    delegation   TEXT NOT NULL,
    action       TEXT NOT NULL,
    resource     TEXT NOT NULL,
    outcome      TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    reasons      TEXT NOT NULL,
    commitment   TEXT NOT NULL,
    salt         TEXT NOT NULL,
    address      TEXT NOT NULL,
    agent        TEXT NOT NULL,
    before_state TEXT,
    after_state  TEXT,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX records_at ON records (organisation, at, id);
CREATE INDEX records_actor ON records (organisation, actor, at, id);
CREATE INDEX records_principal ON records (organisation, principal, at, id);
CREATE INDEX records_session ON records (organisation, session, at, id);
CREATE INDEX records_resource ON records (organisation, resource, at, id);

-- Records that have no place in the tree yet, with the hash of the leaf that they will be. Their ids grow, so that the
-- oldest come first.
CREATE TABLE waiting (
    id           TEXT NOT NULL,
    organisation TEXT NOT NULL,
    at           BIGINT NOT NULL,
    hash         TEXT NOT NULL,
    PRIMARY KEY (id, organisation)
);

-- The place of each record in its organisation's tree, and in the order of the whole installation that followers read.
CREATE TABLE leaves (
    organisation TEXT NOT NULL,
    sequence     BIGINT NOT NULL,
    position     BIGINT NOT NULL UNIQUE,
    record       TEXT NOT NULL,
    hash         TEXT NOT NULL,
    PRIMARY KEY (organisation, sequence),
    UNIQUE (organisation, record)
);

-- The hashes of each tree's whole subtrees, at the indexes of golang.org/x/mod/sumdb/tlog; its leaves' are in leaves.
-- Organisation '' is the tree of the whole installation's order.
CREATE TABLE hashes (
    organisation TEXT NOT NULL,
    place        BIGINT NOT NULL,
    hash         TEXT NOT NULL,
    PRIMARY KEY (organisation, place)
);

-- What was signed of each tree, each time that it grew.
CREATE TABLE checkpoints (
    organisation TEXT NOT NULL,
    size         BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    note         TEXT NOT NULL,
    PRIMARY KEY (organisation, size)
);

-- Who gives places now; at most one row.
CREATE TABLE sequencer (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL
);

-- How far each follower has read.
CREATE TABLE followers (
    name     TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);
