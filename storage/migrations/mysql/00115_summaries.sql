-- What the merchant was sent.
-- +goose Up
CREATE TABLE summaries (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    number     bigint NOT NULL DEFAULT 0,
    token      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    merchant   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    sheet      mediumtext NOT NULL DEFAULT (''),
    created_at bigint NOT NULL DEFAULT 0,
    ack_at     bigint NOT NULL DEFAULT 0,
    ack_by     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    problem    text NOT NULL DEFAULT (''),
    revoked_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY summaries_token (token),
    UNIQUE KEY summaries_number (deal, number)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE summaries;
