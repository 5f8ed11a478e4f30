-- Everything that happened at the sandbox gateway, in order; never changed.
-- +goose Up
CREATE TABLE sandbox_log (
    id         bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    trade      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    what       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    number     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen bigint NOT NULL,
    note       varchar(191) NOT NULL,
    at         bigint NOT NULL,
    KEY sandbox_log_trade (trade)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE sandbox_log;
