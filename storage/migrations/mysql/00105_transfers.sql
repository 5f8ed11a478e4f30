-- Movements of money. Written once, never changed.
-- +goose Up
CREATE TABLE transfers (
    id       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payment  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    refund   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    at       bigint NOT NULL,
    PRIMARY KEY (id),
    KEY transfers_deal (deal)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE transfers;
