-- Hand-overs.
-- +goose Up
CREATE TABLE check_offs (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    by_account varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    items      mediumtext NOT NULL,
    at         bigint NOT NULL,
    undone_at  bigint NOT NULL,
    PRIMARY KEY (id),
    KEY check_offs_order (order_id, at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE check_offs;
