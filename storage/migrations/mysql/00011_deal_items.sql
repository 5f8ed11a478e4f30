-- What is on offer in a deal; held and offered never pass the stock.
-- +goose Up
CREATE TABLE deal_items (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    letter     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    name       text NOT NULL DEFAULT (''),
    spec       text NOT NULL DEFAULT (''),
    unit       text NOT NULL DEFAULT (''),
    currency   varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    group_fen  bigint NOT NULL DEFAULT 0,
    solo_fen   bigint NOT NULL DEFAULT 0,
    supply_fen bigint NOT NULL DEFAULT 0,
    stock      bigint NOT NULL DEFAULT 0,
    held       bigint NOT NULL DEFAULT 0,
    offered    bigint NOT NULL DEFAULT 0,
    per_person bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY deal_items_letter (deal, letter),
    CONSTRAINT deal_items_held CHECK (held >= 0),
    CONSTRAINT deal_items_offered CHECK (offered >= 0),
    CONSTRAINT deal_items_stock CHECK (stock < 0 OR held + offered <= stock),
    CONSTRAINT deal_items_price CHECK (group_fen >= 0 AND solo_fen >= 0 AND supply_fen >= 0),
    CONSTRAINT deal_items_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE deal_items;
