-- The list that a chat keeps for a deal, as it was pasted last, with what pastes have lost.
-- +goose Up
CREATE TABLE chains (
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    chat       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    body       mediumblob NULL,
    updated_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (deal, chat),
    CONSTRAINT chains_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE chains;
