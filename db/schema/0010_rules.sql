-- +goose Up

-- One number for each organisation, which grows with every change of what decides: roles and who holds them, people, units,
-- catalogues and guardrails. Who keeps an answer ready compares it before giving the answer.
CREATE TABLE rules (
    organisation TEXT PRIMARY KEY REFERENCES organisations (id),
    version      BIGINT NOT NULL
);

-- Cedar policies that an organisation wrote for its own application, and the entities that they speak of, as JSON.
ALTER TABLE applications ADD COLUMN policies TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN entities TEXT NOT NULL DEFAULT '';

-- Changes of what binds everybody, which wait for a second person.
CREATE TABLE proposals (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    id           TEXT NOT NULL,
    subject      TEXT NOT NULL,  -- 'guardrails', or 'application:' and its id
    was          TEXT NOT NULL,  -- what was in force when it was proposed, as JSON
    wish         TEXT NOT NULL,  -- what shall be
    proposed_by  TEXT NOT NULL,  -- an actor
    person       TEXT NOT NULL,  -- who answers for that actor, and never confirms
    proposed_at  BIGINT NOT NULL,
    answered_by  TEXT NOT NULL,
    answered_at  BIGINT,
    outcome      TEXT NOT NULL CHECK (outcome IN ('', 'confirmed', 'declined')),
    reason       TEXT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX proposals_open ON proposals (organisation, subject) WHERE answered_at IS NULL;
