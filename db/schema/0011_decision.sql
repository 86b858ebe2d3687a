-- +goose Up

-- Records of applications, as far as they tell them: so that it can be searched which of them somebody may use.
CREATE TABLE resources (
    organisation  TEXT NOT NULL,
    application   TEXT NOT NULL,
    type          TEXT NOT NULL,
    id            TEXT NOT NULL,
    owner         TEXT NOT NULL,  -- '' where none is told
    entered_by    TEXT NOT NULL,
    unit          TEXT NOT NULL,
    self_approval BIGINT NOT NULL CHECK (self_approval IN (0, 1)),
    properties    TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    PRIMARY KEY (organisation, application, type, id),
    FOREIGN KEY (organisation, application) REFERENCES applications (organisation, id)
);
