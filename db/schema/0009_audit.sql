-- +goose Up

-- The record is read by each of its filters from an index that begins with the filter's column and goes on in the order
-- of the list, so that a page costs what it holds and not what the record holds. Most records are of people in their own
-- name, outside of a session: they have no entry in the indexes of what they lack.
DROP INDEX records_principal;
DROP INDEX records_session;
CREATE INDEX records_principal ON records (organisation, principal, at, id) WHERE principal <> '';
CREATE INDEX records_session ON records (organisation, session, at, id) WHERE session <> '';
CREATE INDEX records_delegation ON records (organisation, delegation, at, id) WHERE delegation <> '';
CREATE INDEX records_action ON records (organisation, action, at, id);
CREATE INDEX records_outcome ON records (organisation, outcome, at, id) WHERE outcome <> 'done';
CREATE INDEX records_behalf ON records (organisation, at, id) WHERE principal <> '';
