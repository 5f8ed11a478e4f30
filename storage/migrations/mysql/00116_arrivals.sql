-- Goods that came to a pickup point.
-- +goose Up
CREATE TABLE arrivals (
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    point      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    by_account varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    at         bigint NOT NULL DEFAULT 0,
    done       tinyint(1) NOT NULL DEFAULT 0,
    PRIMARY KEY (deal, point),
    KEY arrivals_done (done, deal)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE arrivals;
