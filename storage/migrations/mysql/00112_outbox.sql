-- Announcements of facts, written with them. lane: 0 over, 1 urgent, 2 urgent and tried before, 3 ordinary, 4 ordinary and tried before, 9 put aside (dead or kept).
-- +goose Up
CREATE TABLE outbox (
    id          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    dedup       varchar(190) NOT NULL,
    community   varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    chat        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    team        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    order_id    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    refund      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payment     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    summary     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    num         mediumtext NOT NULL,
    due         bigint NOT NULL,
    lead        bigint NOT NULL,
    urgent      tinyint(1) NOT NULL,
    channel     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    lane        bigint NOT NULL,
    attempts    bigint NOT NULL,
    due_at      bigint NOT NULL,
    owner       varchar(190) NOT NULL,
    fence       bigint NOT NULL,
    last_reason text NOT NULL,
    message_id  varchar(190) NOT NULL,
    created_at  bigint NOT NULL,
    done_at     bigint NOT NULL,
    UNIQUE KEY outbox_dedup (dedup),
    KEY outbox_due (lane, due_at, id),
    KEY outbox_chat (chat, lane),
    KEY outbox_account (account, lane)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE outbox;
