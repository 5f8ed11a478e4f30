-- What whoever packs an order should know: 要熟一点的.
-- +goose Up
ALTER TABLE orders ADD COLUMN note varchar(240) NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE orders DROP COLUMN note;
