-- People.
-- +goose Up
CREATE TABLE accounts (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    community  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name       text NOT NULL,
    lang       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    household  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    point      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (id),
    KEY accounts_community (community)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE accounts;
