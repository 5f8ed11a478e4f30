-- Which order a payment is for.
-- +goose Up
CREATE TABLE payment_parts (
    payment    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    order_id   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    purpose    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    pos        bigint NOT NULL DEFAULT 0,
    amount_fen bigint NOT NULL DEFAULT 0,
    applied    tinyint(1) NOT NULL DEFAULT 0,
    PRIMARY KEY (payment, order_id, purpose),
    KEY payment_parts_order (order_id),
    CONSTRAINT payment_parts_amount CHECK (amount_fen >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE payment_parts;
