-- The list that a chat keeps for a deal, as it was pasted last, with what pastes have lost.
-- +goose Up
CREATE TABLE chains (
    deal       TEXT    NOT NULL DEFAULT '',
    chat       TEXT    NOT NULL DEFAULT '',
    body       BLOB,
    updated_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (deal, chat),
    CONSTRAINT chains_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE chains;
