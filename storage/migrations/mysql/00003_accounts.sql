-- People.
-- +goose Up
CREATE TABLE accounts (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    community  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    kind       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    name       text NOT NULL DEFAULT (''),
    lang       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    household  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    point      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    created_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    KEY accounts_community (community)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE accounts;
