-- +goose Up

-- What a store charged from when: a price list with taxes and promotions,
-- whole, so that a late cart is priced by what was in force when the trip ended.
CREATE TABLE price_list (
    store_id TEXT   NOT NULL,
    from_ms  BIGINT NOT NULL,
    version  TEXT   NOT NULL, -- hash of the body
    PRIMARY KEY (store_id, from_ms)
);

CREATE TABLE price_list_body (
    version TEXT NOT NULL PRIMARY KEY,
    body    TEXT NOT NULL -- price.Spec as JSON
);

-- Every call to and from Amazon, without bodies.
CREATE TABLE api_call (
    id         TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    direction  TEXT   NOT NULL,
    api        TEXT   NOT NULL,
    store_id   TEXT   NOT NULL,
    trip_id    TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    status     BIGINT NOT NULL,
    outcome    TEXT   NOT NULL,
    took_us    BIGINT NOT NULL
);
CREATE INDEX api_call_at ON api_call (at);
CREATE INDEX api_call_trip ON api_call (trip_id, at);

-- +goose Down
DROP TABLE api_call;
DROP TABLE price_list_body;
DROP TABLE price_list;
