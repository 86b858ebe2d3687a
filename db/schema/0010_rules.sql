-- +goose Up

-- One number for each organisation, which grows with every change of what decides: roles and who holds them, people, units,
-- catalogues and guardrails. Who keeps an answer ready compares it before giving the answer.
CREATE TABLE rules (
    organisation TEXT PRIMARY KEY REFERENCES organisations (id),
    version      BIGINT NOT NULL
);
