-- The items of an order.
-- +goose Up
CREATE TABLE order_lines (
    order_id       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    id             varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pos            bigint NOT NULL,
    item           varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    ordered        bigint NOT NULL,
    allocated      bigint NOT NULL,
    collected      bigint NOT NULL,
    refunded       bigint NOT NULL,
    unit_fen       bigint NOT NULL,
    final_unit_fen bigint NOT NULL,
    PRIMARY KEY (order_id, id),
    CONSTRAINT order_lines_counts CHECK (ordered >= 0 AND allocated >= 0 AND collected >= 0 AND refunded >= 0),
    CONSTRAINT order_lines_price CHECK (unit_fen >= 0 AND final_unit_fen >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE order_lines;
