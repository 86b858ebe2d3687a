-- +goose Up

-- People who are addressed together, whatever their units.
CREATE TABLE named_groups (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    id           TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL,  -- alike for names that differ in case alone
    search       TEXT NOT NULL,  -- bare words of the name
    sort_key     TEXT NOT NULL,
    description  TEXT NOT NULL,
    unit         TEXT,           -- whose managers of people manage it; none: those of the whole organisation
    ended_at     BIGINT,
    created_at   BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, unit) REFERENCES units (organisation, id)
);
CREATE UNIQUE INDEX named_groups_name ON named_groups (organisation, name_key) WHERE ended_at IS NULL;
CREATE INDEX named_groups_sort ON named_groups (organisation, sort_key, id);
CREATE INDEX named_groups_unit ON named_groups (organisation, unit);

CREATE TABLE group_members (
    organisation TEXT NOT NULL,
    group_id     TEXT NOT NULL,
    person       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (organisation, group_id, person),
    FOREIGN KEY (organisation, group_id) REFERENCES named_groups (organisation, id),
    FOREIGN KEY (organisation, person) REFERENCES people (organisation, id)
);
CREATE INDEX group_members_person ON group_members (organisation, person);

-- A unit is never deleted, so that its path never comes to mean another one.
ALTER TABLE units ADD COLUMN ended_at BIGINT;
ALTER TABLE units ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';  -- the path that the same unit has since ended_at, if it lives on

-- What people read for the role; its id stays what it is.
ALTER TABLE roles ADD COLUMN name TEXT NOT NULL DEFAULT '';
