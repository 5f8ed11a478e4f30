-- Every edition of the terms, as the leader set them.
-- +goose Up
CREATE TABLE deal_versions (
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    number     bigint NOT NULL DEFAULT 0,
    terms      mediumtext NOT NULL DEFAULT (''),
    items      mediumtext NOT NULL DEFAULT (''),
    by_account varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT (''),
    at         bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (deal, number),
    CONSTRAINT deal_versions_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE deal_versions;
