-- +goose Up
-- +goose StatementBegin
-- One row per trip: the state of its charge. Written by compare-and-swap on
-- version. Amounts are minor units of currency; currency is empty while no
-- amount is known. Times are Unix milliseconds, 0 when there is none.
CREATE TABLE payment (
    trip_id      TEXT   PRIMARY KEY,
    version      BIGINT NOT NULL,
    store_id     TEXT   NOT NULL,
    purchase_id  TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    final        BIGINT NOT NULL,
    act          TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    route        TEXT   NOT NULL,
    entry        TEXT   NOT NULL,
    visitor      TEXT   NOT NULL,
    instrument   TEXT   NOT NULL,
    currency     TEXT   NOT NULL,
    priced       BIGINT NOT NULL,
    total        BIGINT NOT NULL CHECK (total >= 0),
    hold         BIGINT NOT NULL, -- -1 = not known
    authorized   BIGINT NOT NULL CHECK (authorized >= 0),
    captured     BIGINT NOT NULL CHECK (captured >= 0),
    sold         BIGINT NOT NULL CHECK (sold >= 0),
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL,
    opened_at    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL CHECK (expires_at > 0),
    captured_at  BIGINT NOT NULL,
    settled_at   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    warned       BIGINT NOT NULL,
    parked_from  TEXT   NOT NULL,
    due_at       BIGINT NOT NULL,
    declines     BIGINT NOT NULL,
    indebted     BIGINT NOT NULL,
    partial      BIGINT NOT NULL,
    auth_ref     TEXT   NOT NULL,
    note         TEXT   NOT NULL,
    CHECK (captured <= authorized),
    CHECK (captured <= total)
);
-- +goose StatementEnd
CREATE INDEX payment_open ON payment (expires_at) WHERE final = 0;
CREATE INDEX payment_state ON payment (state, trip_id);
CREATE INDEX payment_store ON payment (store_id, opened_at);

-- +goose StatementBegin
-- The intent of each call, stored with its exact body before the first byte
-- leaves. sent_at <> 0 with answered_at = 0 is the sent mark: found after a
-- restart it means that the outcome is not known.
CREATE TABLE pay_operation (
    trip_id     TEXT   NOT NULL,
    op          TEXT   NOT NULL CHECK (op IN ('adjust', 'capture', 'cancel')),
    seq         BIGINT NOT NULL,
    api         TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('stored', 'sent', 'unknown', 'pending', 'done', 'refused', 'void')),
    amount      BIGINT NOT NULL,
    currency    TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    touched     BIGINT NOT NULL,
    lost        BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    sent_at     BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    unknown_at  BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    barred      BIGINT NOT NULL,
    outcome     TEXT   NOT NULL,
    PRIMARY KEY (trip_id, op, seq),
    CHECK (op = 'cancel' OR amount > 0),
    CHECK (state <> 'void' OR touched = 0)
);
-- +goose StatementEnd
-- One Capture or one Cancel for a trip, never both; an intent that never left
-- and was given up does not count.
CREATE UNIQUE INDEX pay_operation_once ON pay_operation (trip_id) WHERE op IN ('capture', 'cancel') AND state <> 'void';
CREATE INDEX pay_operation_waiting ON pay_operation (api, trip_id) WHERE state IN ('stored', 'unknown', 'pending');

-- +goose StatementBegin
-- Every transition, for ever.
CREATE TABLE pay_history (
    trip_id TEXT   NOT NULL,
    seq     BIGINT NOT NULL,
    was     TEXT   NOT NULL,
    event   TEXT   NOT NULL,
    became  TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    by_whom TEXT   NOT NULL,
    note    TEXT   NOT NULL,
    PRIMARY KEY (trip_id, seq)
);
-- +goose StatementEnd

-- +goose StatementBegin
-- Double entry: each row moves amount from one account to another, so that the
-- sum over all accounts is always zero. Append-only.
CREATE TABLE ledger_entry (
    id       TEXT   PRIMARY KEY,
    trip_id  TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    debit    TEXT   NOT NULL,
    credit   TEXT   NOT NULL,
    amount   BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    by_whom  TEXT   NOT NULL,
    ref      TEXT   NOT NULL,
    note     TEXT   NOT NULL,
    CHECK (debit <> credit)
);
-- +goose StatementEnd
CREATE INDEX ledger_entry_trip ON ledger_entry (trip_id);
CREATE UNIQUE INDEX ledger_entry_ref ON ledger_entry (trip_id, kind, ref) WHERE ref <> '';

-- +goose StatementBegin
-- One debt per trip; its entries are in the ledger. amount is what was owed at
-- most, the other sums what became of it.
CREATE TABLE debt (
    trip_id     TEXT   PRIMARY KEY,
    store_id    TEXT   NOT NULL,
    visitor     TEXT   NOT NULL,
    instrument  TEXT   NOT NULL,
    cause       TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('OPEN', 'PARTLY_PAID', 'RESOLVED', 'WRITTEN_OFF')),
    currency    TEXT   NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount > 0),
    paid        BIGINT NOT NULL CHECK (paid >= 0),
    credited    BIGINT NOT NULL CHECK (credited >= 0),
    written_off BIGINT NOT NULL CHECK (written_off >= 0),
    overpaid    BIGINT NOT NULL CHECK (overpaid >= 0),
    surplus     BIGINT NOT NULL CHECK (surplus >= 0),
    reserved    BIGINT NOT NULL CHECK (reserved >= 0),
    blocks      BIGINT NOT NULL,
    escalated   BIGINT NOT NULL,
    opened_at   BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    closed_at   BIGINT NOT NULL,
    CHECK (paid + credited + written_off <= amount)
);
-- +goose StatementEnd
CREATE INDEX debt_instrument ON debt (instrument) WHERE instrument <> '';
CREATE INDEX debt_visitor ON debt (visitor) WHERE visitor <> '';
CREATE INDEX debt_open ON debt (opened_at) WHERE state IN ('OPEN', 'PARTLY_PAID');

-- +goose StatementBegin
-- A payoff by its stored key: requested before the processor is asked, so that
-- a repeat finds it; parts says which trips it is allotted to.
CREATE TABLE debt_payoff (
    payoff_key  TEXT   PRIMARY KEY,
    state       TEXT   NOT NULL CHECK (state IN ('REQUESTED', 'CONFIRMED', 'FAILED')),
    who         TEXT   NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount > 0),
    currency    TEXT   NOT NULL,
    parts       TEXT   NOT NULL,
    by_whom     TEXT   NOT NULL,
    note        TEXT   NOT NULL,
    reference   TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL
);
-- +goose StatementEnd

-- +goose StatementBegin
-- What Amazon is told: one row per trip and settled amount, sent in order.
CREATE TABLE pay_report (
    trip_id     TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    store_id    TEXT   NOT NULL,
    settled     BIGINT NOT NULL CHECK (settled >= 0),
    total       BIGINT NOT NULL CHECK (total >= settled),
    currency    TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('QUEUED', 'ACCEPTED', 'PARKED')),
    outcome     TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (trip_id, seq)
);
-- +goose StatementEnd
CREATE UNIQUE INDEX pay_report_settled ON pay_report (trip_id, settled);
CREATE INDEX pay_report_state ON pay_report (state, trip_id) WHERE state <> 'ACCEPTED';

-- +goose StatementBegin
-- Evidence from outside, each piece once.
CREATE TABLE pay_evidence (
    trip_id           TEXT   NOT NULL,
    kind              TEXT   NOT NULL,
    reconciliation_id TEXT   NOT NULL,
    event_at          BIGINT NOT NULL,
    amount            BIGINT NOT NULL,
    currency          TEXT   NOT NULL,
    source            TEXT   NOT NULL,
    applied           TEXT   NOT NULL,
    seen_at           BIGINT NOT NULL,
    PRIMARY KEY (trip_id, kind, reconciliation_id, event_at, amount)
);
-- +goose StatementEnd

-- +goose StatementBegin
-- What a person should look at, each named thing once per trip.
CREATE TABLE pay_alert (
    trip_id  TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    ref      TEXT   NOT NULL,
    store_id TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    note     TEXT   NOT NULL,
    done_at  BIGINT NOT NULL,
    done_by  TEXT   NOT NULL,
    PRIMARY KEY (trip_id, kind, ref)
);
-- +goose StatementEnd
CREATE INDEX pay_alert_open ON pay_alert (at) WHERE done_at = 0;

-- +goose StatementBegin
-- An API that nobody calls for a while, shared by all processes.
CREATE TABLE pay_pause (
    api     TEXT   PRIMARY KEY,
    kind    TEXT   NOT NULL CHECK (kind IN ('throttled', 'denied')),
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    probes  BIGINT NOT NULL,
    note    TEXT   NOT NULL
);
-- +goose StatementEnd

-- +goose StatementBegin
-- The retailer's own pre-authorization at an app entry, found by the entry
-- event when the cart arrives.
CREATE TABLE pay_preauth (
    event_id   TEXT   PRIMARY KEY,
    store_id   TEXT   NOT NULL,
    visitor    TEXT   NOT NULL,
    amount     BIGINT NOT NULL,
    currency   TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('WANTED', 'HELD', 'REFUSED', 'TAKEN', 'RELEASED')),
    reference  TEXT   NOT NULL,
    trip_id    TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
-- +goose StatementEnd

-- +goose Down
DROP TABLE pay_preauth;
DROP TABLE pay_pause;
DROP TABLE pay_alert;
DROP TABLE pay_evidence;
DROP TABLE pay_report;
DROP TABLE debt_payoff;
DROP TABLE debt;
DROP TABLE ledger_entry;
DROP TABLE pay_history;
DROP TABLE pay_operation;
DROP TABLE payment;
