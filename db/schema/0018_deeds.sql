-- +goose Up

-- What applications told that was done, by the ids that they gave it: told again, it is answered as before and not recorded
-- twice. Rows go after a season; what is older is refused when it is told.
CREATE TABLE deeds (
    organisation TEXT NOT NULL,
    application  TEXT NOT NULL,
    id           TEXT NOT NULL,
    mark         TEXT NOT NULL,  -- salted hash of what was told
    record       TEXT NOT NULL,  -- where it is written, or that it was refused
    refused      TEXT NOT NULL,  -- the code of why, '' where it was accepted
    told_at      BIGINT NOT NULL,
    PRIMARY KEY (organisation, application, id),
    FOREIGN KEY (organisation, application) REFERENCES applications (organisation, id)
);
CREATE INDEX deeds_told_at ON deeds (told_at);
