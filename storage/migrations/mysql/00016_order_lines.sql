-- The items of an order.
-- +goose Up
CREATE TABLE order_lines (
    order_id       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    id             varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pos            bigint NOT NULL DEFAULT 0,
    item           varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    ordered        bigint NOT NULL DEFAULT 0,
    allocated      bigint NOT NULL DEFAULT 0,
    collected      bigint NOT NULL DEFAULT 0,
    refunded       bigint NOT NULL DEFAULT 0,
    unit_fen       bigint NOT NULL DEFAULT 0,
    step           varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    final_unit_fen bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, id),
    CONSTRAINT order_lines_counts CHECK (ordered >= 0 AND allocated >= 0 AND collected >= 0 AND refunded >= 0),
    CONSTRAINT order_lines_price CHECK (unit_fen >= 0 AND final_unit_fen >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE order_lines;
