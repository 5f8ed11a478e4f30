-- The steps by which the unit price of a line came about.
-- +goose Up
CREATE TABLE order_line_prices (
    order_id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    line     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    seq      bigint NOT NULL DEFAULT 0,
    step     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    unit_fen bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, line, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE order_line_prices;
