-- Wrong pickup codes, counted by who typed them.
-- +goose Up
CREATE TABLE code_tries (
    account  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    tries    bigint NOT NULL DEFAULT 0,
    until_at bigint NOT NULL DEFAULT 0,
    last_at  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE code_tries;
