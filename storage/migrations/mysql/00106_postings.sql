-- The legs of a transfer; they sum to zero. Written once, never changed.
-- +goose Up
CREATE TABLE postings (
    transfer   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    seq        bigint NOT NULL DEFAULT 0,
    account    varchar(190) NOT NULL DEFAULT '',
    currency   varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    amount_fen bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (transfer, seq),
    KEY postings_account (account)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE postings;
