-- +goose Up

-- What a client is told and held to, beside its addresses.
ALTER TABLE clients ADD COLUMN reads_act BIGINT NOT NULL DEFAULT 0 CHECK (reads_act IN (0, 1));
ALTER TABLE clients ADD COLUMN third_party BIGINT NOT NULL DEFAULT 0 CHECK (third_party IN (0, 1));
ALTER TABLE clients ADD COLUMN require_par BIGINT NOT NULL DEFAULT 0 CHECK (require_par IN (0, 1));
ALTER TABLE clients ADD COLUMN require_dpop BIGINT NOT NULL DEFAULT 0 CHECK (require_dpop IN (0, 1));
ALTER TABLE clients ADD COLUMN initiate TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN algorithm TEXT NOT NULL DEFAULT '';     -- '' is ES256
ALTER TABLE clients ADD COLUMN audiences TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN recipe TEXT NOT NULL DEFAULT '';        -- the page by which it was registered

-- What clients asked for last, to the minute, and what was wrong with it. It helps whoever connects an application, and
-- decides nothing.
CREATE TABLE client_activity (
    organisation TEXT NOT NULL,
    client       TEXT NOT NULL,
    what         TEXT NOT NULL,
    problem      TEXT NOT NULL,     -- '' where it was answered
    detail       TEXT NOT NULL,     -- what it sent that was refused
    seen_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation, client, what, problem),
    FOREIGN KEY (organisation, client) REFERENCES clients (organisation, id)
);
