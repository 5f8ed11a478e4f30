-- Money that came for a number we do not know.
-- +goose Up
CREATE TABLE orphans (
    gateway        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    transaction_no varchar(190) NOT NULL,
    number         varchar(190) NOT NULL,
    currency       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen     bigint NOT NULL,
    at             bigint NOT NULL,
    note           text NOT NULL,
    solved_at      bigint NOT NULL,
    PRIMARY KEY (gateway, transaction_no),
    KEY orphans_solved (solved_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE orphans;
