-- Who a person is on a channel.
-- +goose Up
CREATE TABLE identities (
    channel  varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    external varchar(190) NOT NULL DEFAULT '',
    account  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    seen_at  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, external),
    KEY identities_account (account)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE identities;
