-- +goose Up
CREATE TABLE purchase (
    trip_id       TEXT PRIMARY KEY,
    store_id      TEXT NOT NULL,
    pos_store     TEXT NOT NULL,
    purchase_id   TEXT NOT NULL,
    status        BIGINT NOT NULL,
    state         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    entry         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    visitor       TEXT NOT NULL,
    instrument    TEXT NOT NULL,
    loyalty       TEXT NOT NULL,
    shopper       TEXT NOT NULL,
    device        TEXT NOT NULL,
    group_size    BIGINT NOT NULL,
    flags         TEXT NOT NULL,
    started       BIGINT NOT NULL,
    ended         BIGINT NOT NULL,
    received      BIGINT NOT NULL,
    price_at      BIGINT NOT NULL,
    pricing       BIGINT NOT NULL,
    currency      TEXT NOT NULL,
    total         BIGINT NOT NULL,
    priced        BIGINT NOT NULL,
    digest        TEXT NOT NULL,
    lines         TEXT NOT NULL,
    body          TEXT NOT NULL
);
CREATE INDEX purchase_received ON purchase (received, trip_id);
CREATE INDEX purchase_state ON purchase (state, received);
CREATE UNIQUE INDEX purchase_id ON purchase (purchase_id) WHERE purchase_id <> '';

CREATE TABLE purchase_price (
    trip_id   TEXT NOT NULL,
    no        BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    version   TEXT NOT NULL,
    operator  TEXT NOT NULL,
    reason    TEXT NOT NULL,
    fixes     TEXT NOT NULL,
    currency  TEXT NOT NULL,
    total     BIGINT NOT NULL,
    result    TEXT NOT NULL,
    PRIMARY KEY (trip_id, no)
);

CREATE TABLE purchase_difference (
    trip_id TEXT NOT NULL,
    digest  TEXT NOT NULL,
    at      BIGINT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (trip_id, digest)
);

CREATE TABLE promotion_count (
    store_id  TEXT NOT NULL,
    shopper   TEXT NOT NULL,
    promotion TEXT NOT NULL,
    uses      BIGINT NOT NULL,
    amount    BIGINT NOT NULL,
    PRIMARY KEY (store_id, shopper, promotion)
);

CREATE TABLE promotion_use (
    trip_id   TEXT NOT NULL,
    promotion TEXT NOT NULL,
    store_id  TEXT NOT NULL,
    shopper   TEXT NOT NULL,
    uses      BIGINT NOT NULL,
    amount    BIGINT NOT NULL,
    PRIMARY KEY (trip_id, promotion)
);

CREATE TABLE receipt (
    trip_id     TEXT PRIMARY KEY,
    token       TEXT NOT NULL UNIQUE,
    store_id    TEXT NOT NULL,
    purchase_id TEXT NOT NULL,
    state       TEXT NOT NULL,
    note        TEXT NOT NULL,
    received    BIGINT NOT NULL,
    created     BIGINT NOT NULL,
    issued      BIGINT NOT NULL,
    completed   BIGINT NOT NULL,
    ask_after   BIGINT NOT NULL,
    content     TEXT NOT NULL,
    card        TEXT NOT NULL
);
CREATE INDEX receipt_created ON receipt (created, trip_id);

-- +goose Down
DROP TABLE receipt;
DROP TABLE promotion_use;
DROP TABLE promotion_count;
DROP TABLE purchase_difference;
DROP TABLE purchase_price;
DROP TABLE purchase;
