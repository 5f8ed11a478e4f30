-- Decided commands: the key that makes a repeat harmless, the answer, the words as typed, the trail.
-- +goose Up
CREATE TABLE order_events (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    channel     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account     varchar(190) NOT NULL,
    message_key varchar(190) NOT NULL,
    idx         bigint NOT NULL,
    hash        varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    did         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    team        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    by_account  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    chat        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    lang        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    source      text NOT NULL,
    answer      mediumtext NOT NULL,
    version     bigint NOT NULL,
    at          bigint NOT NULL,
    UNIQUE KEY order_events_key (channel, account, message_key, idx),
    KEY order_events_deal (deal, id),
    KEY order_events_order (order_id, id),
    KEY order_events_by (by_account, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE order_events;
