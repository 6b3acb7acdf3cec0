-- +goose Up

-- The price a purchase was taken with, as long as it is the only one; result is
-- empty while there is none and when it stands in purchase_price beside others.
ALTER TABLE purchase ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE purchase ADD COLUMN result TEXT NOT NULL DEFAULT '';

-- +goose Down
INSERT INTO purchase_price (trip_id, no, at, version, operator, reason, fixes, currency, total, result)
SELECT trip_id, pricing, priced, version, '', '', '', currency, total, result FROM purchase WHERE result <> '';
ALTER TABLE purchase DROP COLUMN result;
ALTER TABLE purchase DROP COLUMN version;
