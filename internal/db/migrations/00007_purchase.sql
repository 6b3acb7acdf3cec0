-- +goose Up

-- What a trip has used of promotions is what its newest price says. Prices and
-- lines that are stored from here on are shorter, and read beside the old ones:
-- a result may be an array, and lines are empty where body and result tell them.
DROP TABLE promotion_use;

-- +goose Down
CREATE TABLE promotion_use (
    trip_id   TEXT NOT NULL,
    promotion TEXT NOT NULL,
    store_id  TEXT NOT NULL,
    shopper   TEXT NOT NULL,
    uses      BIGINT NOT NULL,
    amount    BIGINT NOT NULL,
    PRIMARY KEY (trip_id, promotion)
);
