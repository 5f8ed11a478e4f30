-- Money that came for a number we do not know.
-- +goose Up
CREATE TABLE orphans (
    gateway        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    transaction_no varchar(190) NOT NULL DEFAULT '',
    number         varchar(190) NOT NULL DEFAULT '',
    currency       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    amount_fen     bigint NOT NULL DEFAULT 0,
    at             bigint NOT NULL DEFAULT 0,
    note           text NOT NULL DEFAULT (''),
    solved_at      bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (gateway, transaction_no),
    KEY orphans_solved (solved_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE orphans;
