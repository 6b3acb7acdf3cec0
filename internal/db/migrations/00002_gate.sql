-- +goose Up

-- Who may enter with the retailer's app. The only table with a name or an
-- e-mail address in it.
CREATE TABLE shopper (
    id             TEXT   NOT NULL PRIMARY KEY,
    kind           TEXT   NOT NULL CHECK (kind IN ('SHOPPER', 'ASSOCIATE', 'CASH_SHOPPER')),
    name           TEXT   NOT NULL,
    email          TEXT   NOT NULL,
    status         TEXT   NOT NULL CHECK (status IN ('active', 'blocked')),
    fraud          BIGINT NOT NULL,
    payment_method BIGINT NOT NULL,
    card_expires   BIGINT NOT NULL, -- 0 = not known
    created_at     BIGINT NOT NULL,
    changed_at     BIGINT NOT NULL
);

-- Every change of a shopper's standing, and by whom. Append-only.
CREATE TABLE shopper_change (
    id         TEXT   NOT NULL PRIMARY KEY,
    shopper_id TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    operator   TEXT   NOT NULL,
    what       TEXT   NOT NULL,
    was        TEXT   NOT NULL,
    became     TEXT   NOT NULL,
    reason     TEXT   NOT NULL
);
CREATE INDEX shopper_change_shopper ON shopper_change (shopper_id, id);

-- What a scan code's token stands for. The token itself is not kept.
CREATE TABLE recognition (
    token      TEXT   NOT NULL PRIMARY KEY, -- SHA-256, hexadecimal
    shopper_id TEXT   NOT NULL,
    store_id   TEXT   NOT NULL, -- where it was issued
    prefix     TEXT   NOT NULL,
    issued_at  BIGINT NOT NULL, -- whole seconds, as written in the code
    admitted   BIGINT NOT NULL, -- counted only while the store has a cap
    revoked_at BIGINT NOT NULL  -- 0 = not revoked
);
CREATE INDEX recognition_issued ON recognition (issued_at);
CREATE INDEX recognition_shopper ON recognition (shopper_id);

-- Every decision of the gate. A recorded one is also the answer to every
-- repeat of its event. Keys are kept as hashes only. Append-only.
CREATE TABLE gate_decision (
    id           TEXT   NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL,
    api          TEXT   NOT NULL,
    event_key    TEXT   NOT NULL,
    recorded     BIGINT NOT NULL,
    body         TEXT   NOT NULL, -- hash of what a repeat must not change
    store_id     TEXT   NOT NULL,
    event_at     BIGINT NOT NULL, -- 0 = not told
    location     TEXT   NOT NULL,
    entry        TEXT   NOT NULL,
    trip_id      TEXT   NOT NULL,
    visitor      TEXT   NOT NULL,
    visitor_type TEXT   NOT NULL,
    instrument   TEXT   NOT NULL,
    outcome      TEXT   NOT NULL,
    status       BIGINT NOT NULL,
    reason       TEXT   NOT NULL,
    rule         TEXT   NOT NULL,
    strategy     TEXT   NOT NULL,
    policy       TEXT   NOT NULL, -- hash of the rules in force
    shadow       TEXT   NOT NULL, -- JSON
    answer       TEXT   NOT NULL, -- JSON
    took         BIGINT NOT NULL  -- microseconds
);
CREATE UNIQUE INDEX gate_decision_event ON gate_decision (api, event_key) WHERE recorded = 1;
CREATE INDEX gate_decision_at ON gate_decision (at);
CREATE INDEX gate_decision_visitor ON gate_decision (visitor, at) WHERE visitor <> '';
CREATE INDEX gate_decision_instrument ON gate_decision (instrument, at) WHERE instrument <> '';
CREATE INDEX gate_decision_trip ON gate_decision (trip_id) WHERE trip_id <> '';

-- Those who were let in: one row per event, apart from failed attempts.
CREATE TABLE gate_admission (
    decision_id TEXT   NOT NULL PRIMARY KEY,
    subject     TEXT   NOT NULL, -- visitor, or instrument of a card
    at          BIGINT NOT NULL, -- of the event
    noted_at    BIGINT NOT NULL,
    store_id    TEXT   NOT NULL,
    entry       TEXT   NOT NULL,
    code        TEXT   NOT NULL  -- hash of the scan code's token; a group shares one
);
CREATE INDEX gate_admission_subject ON gate_admission (subject, at);
CREATE INDEX gate_admission_noted ON gate_admission (noted_at);

-- +goose Down
DROP TABLE gate_admission;
DROP TABLE gate_decision;
DROP TABLE recognition;
DROP TABLE shopper_change;
DROP TABLE shopper;
