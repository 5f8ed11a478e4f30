-- Which order a payment is for.
-- +goose Up
CREATE TABLE payment_parts (
    payment    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    purpose    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pos        bigint NOT NULL,
    amount_fen bigint NOT NULL,
    applied    tinyint(1) NOT NULL,
    PRIMARY KEY (payment, order_id, purpose),
    KEY payment_parts_order (order_id),
    CONSTRAINT payment_parts_amount CHECK (amount_fen >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE payment_parts;
