-- One-time codes by which somebody shows on another channel who they are: the keyed hash only.
-- +goose Up
CREATE TABLE link_codes (
    account    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    hash       varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    channel    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    external   varchar(190) NOT NULL DEFAULT '',
    expires_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account),
    KEY link_codes_hash (hash)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE link_codes;
