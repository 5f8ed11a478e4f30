-- What an order owes, by when.
-- +goose Up
CREATE TABLE order_dues (
    order_id   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    purpose    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    currency   varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    amount_fen bigint NOT NULL DEFAULT 0,
    due_at     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, purpose),
    CONSTRAINT order_dues_amount CHECK (amount_fen >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE order_dues;
