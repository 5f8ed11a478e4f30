-- Every edition of the terms, as the leader set them.
-- +goose Up
CREATE TABLE deal_versions (
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    number     bigint NOT NULL,
    terms      mediumtext NOT NULL,
    items      mediumtext NOT NULL,
    by_account varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reason     text NOT NULL,
    at         bigint NOT NULL,
    PRIMARY KEY (deal, number),
    CONSTRAINT deal_versions_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE deal_versions;
