-- Wrong pickup codes, counted by who typed them.
-- +goose Up
CREATE TABLE code_tries (
    account  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    tries    bigint NOT NULL,
    until_at bigint NOT NULL,
    last_at  bigint NOT NULL,
    PRIMARY KEY (account)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE code_tries;
