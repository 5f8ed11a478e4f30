-- Announcements of facts, written with them. lane: 0 over, 1 urgent, 2 urgent and tried before, 3 ordinary, 4 ordinary and tried before, 9 put aside (dead or kept).
-- +goose Up
CREATE TABLE outbox (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    dedup       varchar(190) NOT NULL DEFAULT '',
    community   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    account     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    chat        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    deal        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    team        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    order_id    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    refund      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    payment     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    summary     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    num         mediumtext NOT NULL DEFAULT (''),
    due         bigint NOT NULL DEFAULT 0,
    lead        bigint NOT NULL DEFAULT 0,
    urgent      tinyint(1) NOT NULL DEFAULT 0,
    channel     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    state       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    lane        bigint NOT NULL DEFAULT 0,
    attempts    bigint NOT NULL DEFAULT 0,
    due_at      bigint NOT NULL DEFAULT 0,
    owner       varchar(190) NOT NULL DEFAULT '',
    fence       bigint NOT NULL DEFAULT 0,
    last_reason text NOT NULL DEFAULT (''),
    message_id  varchar(190) NOT NULL DEFAULT '',
    created_at  bigint NOT NULL DEFAULT 0,
    done_at     bigint NOT NULL DEFAULT 0,
    UNIQUE KEY outbox_dedup (dedup),
    KEY outbox_due (lane, due_at, id),
    KEY outbox_chat (chat, lane),
    KEY outbox_account (account, lane)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE outbox;
