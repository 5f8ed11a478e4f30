-- Which line a refund is for.
-- +goose Up
CREATE TABLE refund_parts (
    refund     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    pos        bigint NOT NULL DEFAULT 0,
    order_id   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    line       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    qty        bigint NOT NULL DEFAULT 0,
    amount_fen bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (refund, pos),
    KEY refund_parts_order (order_id),
    CONSTRAINT refund_parts_amount CHECK (amount_fen >= 0 AND qty >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE refund_parts;
