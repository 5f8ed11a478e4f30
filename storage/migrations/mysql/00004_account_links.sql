-- One account is now spoken of by another: a redirect, nothing is rewritten.
-- +goose Up
CREATE TABLE account_links (
    from_id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    to_id   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    PRIMARY KEY (from_id),
    KEY account_links_to (to_id),
    CONSTRAINT account_links_self CHECK (from_id <> to_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE account_links;
