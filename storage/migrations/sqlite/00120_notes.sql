-- What channels remember across restarts and copies: reply windows, what the numbers of a menu stand for, consents, cursors.
-- +goose Up
CREATE TABLE notes (
    page       TEXT    NOT NULL DEFAULT '',
    note_key   TEXT    NOT NULL DEFAULT '',
    value      BLOB,
    until_at   INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (page, note_key)
) WITHOUT ROWID;
CREATE INDEX notes_key ON notes (note_key);
CREATE INDEX notes_until ON notes (until_at);

-- +goose Down
DROP TABLE notes;
