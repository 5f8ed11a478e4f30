-- Movements of money. Written once, never changed.
-- +goose Up
CREATE TABLE transfers (
    id       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    deal     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    order_id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    payment  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    refund   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    at       bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    KEY transfers_deal (deal)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE transfers;
