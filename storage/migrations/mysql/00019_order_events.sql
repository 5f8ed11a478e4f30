-- Decided commands: the key that makes a repeat harmless, the answer, the words as typed, the trail.
-- +goose Up
CREATE TABLE order_events (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    channel     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    account     varchar(190) NOT NULL DEFAULT '',
    message_key varchar(190) NOT NULL DEFAULT '',
    idx         bigint NOT NULL DEFAULT 0,
    hash        varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    kind        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    did         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    deal        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    team        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    order_id    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    by_account  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    chat        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    lang        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    source      text NOT NULL DEFAULT (''),
    answer      mediumtext NOT NULL DEFAULT (''),
    version     bigint NOT NULL DEFAULT 0,
    at          bigint NOT NULL DEFAULT 0,
    UNIQUE KEY order_events_key (channel, account, message_key, idx),
    KEY order_events_deal (deal, id),
    KEY order_events_order (order_id, id),
    KEY order_events_by (by_account, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE order_events;
