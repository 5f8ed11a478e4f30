-- What an order owes, by when.
-- +goose Up
CREATE TABLE order_dues (
    order_id   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    purpose    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency   varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen bigint NOT NULL,
    due_at     bigint NOT NULL,
    PRIMARY KEY (order_id, purpose),
    CONSTRAINT order_dues_amount CHECK (amount_fen >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE order_dues;
