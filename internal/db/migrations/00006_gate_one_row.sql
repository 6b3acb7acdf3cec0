-- +goose Up

-- A decision and its admission are one row: every index that an event has to
-- enter at a random place costs a page of the disk.
ALTER TABLE gate_decision ADD COLUMN admitted_at BIGINT NOT NULL DEFAULT 0; -- time of the event that admitted somebody, of the answer when it has none; 0 = nobody
ALTER TABLE gate_decision ADD COLUMN code TEXT NOT NULL DEFAULT ''; -- hash of the scan code's token; a group shares one
UPDATE gate_decision SET
    admitted_at = (SELECT gate_admission.at FROM gate_admission WHERE gate_admission.decision_id = gate_decision.id),
    code        = (SELECT gate_admission.code FROM gate_admission WHERE gate_admission.decision_id = gate_decision.id)
    WHERE id IN (SELECT decision_id FROM gate_admission);
DROP TABLE gate_admission;

-- Visits are counted in them alone.
DROP INDEX gate_decision_visitor;
DROP INDEX gate_decision_instrument;
CREATE INDEX gate_decision_visitor ON gate_decision (visitor, entry, admitted_at) WHERE visitor <> '';
CREATE INDEX gate_decision_instrument ON gate_decision (instrument, entry, admitted_at) WHERE instrument <> '';

DROP INDEX api_call_trip;
CREATE INDEX api_call_trip ON api_call (trip_id, at) WHERE trip_id <> '';

-- +goose Down
DROP INDEX api_call_trip;
CREATE INDEX api_call_trip ON api_call (trip_id, at);
CREATE TABLE gate_admission (
    decision_id TEXT   NOT NULL PRIMARY KEY,
    subject     TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    noted_at    BIGINT NOT NULL,
    store_id    TEXT   NOT NULL,
    entry       TEXT   NOT NULL,
    code        TEXT   NOT NULL
);
INSERT INTO gate_admission (decision_id, subject, at, noted_at, store_id, entry, code)
    SELECT id, CASE WHEN entry = 'FINANCIAL' THEN instrument ELSE visitor END, admitted_at, at, store_id, entry, code
    FROM gate_decision WHERE admitted_at <> 0;
CREATE INDEX gate_admission_subject ON gate_admission (subject, at);
CREATE INDEX gate_admission_noted ON gate_admission (noted_at);
DROP INDEX gate_decision_visitor;
DROP INDEX gate_decision_instrument;
ALTER TABLE gate_decision DROP COLUMN admitted_at;
ALTER TABLE gate_decision DROP COLUMN code;
CREATE INDEX gate_decision_visitor ON gate_decision (visitor, at) WHERE visitor <> '';
CREATE INDEX gate_decision_instrument ON gate_decision (instrument, at) WHERE instrument <> '';
