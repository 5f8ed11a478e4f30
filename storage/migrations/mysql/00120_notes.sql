-- What channels remember across restarts and copies: reply windows, what the numbers of a menu stand for, consents, cursors.
-- +goose Up
CREATE TABLE notes (
    page       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    note_key   varchar(190) NOT NULL DEFAULT '',
    value      mediumblob NULL,
    until_at   bigint NOT NULL DEFAULT 0,
    updated_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (page, note_key),
    KEY notes_key (note_key),
    KEY notes_until (until_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE notes;
