-- What the merchant was sent.
-- +goose Up
CREATE TABLE summaries (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    number     bigint NOT NULL,
    token      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    merchant   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sheet      mediumtext NOT NULL,
    created_at bigint NOT NULL,
    ack_at     bigint NOT NULL,
    ack_by     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    problem    text NOT NULL,
    revoked_at bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY summaries_token (token),
    UNIQUE KEY summaries_number (deal, number)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE summaries;
