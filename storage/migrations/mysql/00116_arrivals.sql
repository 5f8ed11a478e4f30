-- Goods that came to a pickup point.
-- +goose Up
CREATE TABLE arrivals (
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    point      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    by_account varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    at         bigint NOT NULL,
    done       tinyint(1) NOT NULL,
    PRIMARY KEY (deal, point),
    KEY arrivals_done (done, deal)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE arrivals;
