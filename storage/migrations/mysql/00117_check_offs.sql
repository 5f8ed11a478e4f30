-- Hand-overs.
-- +goose Up
CREATE TABLE check_offs (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    order_id   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    by_account varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    items      mediumtext NOT NULL DEFAULT (''),
    at         bigint NOT NULL DEFAULT 0,
    undone_at  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    KEY check_offs_order (order_id, at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE check_offs;
