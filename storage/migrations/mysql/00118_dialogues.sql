-- Where a guided conversation stands.
-- +goose Up
CREATE TABLE dialogues (
    account  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    chat     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    name     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    state    blob NULL,
    until_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account, chat),
    KEY dialogues_until (until_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE dialogues;
