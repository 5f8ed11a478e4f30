-- The waiting list: first come, first offered, per item.
-- +goose Up
CREATE TABLE waiting (
    id            varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    team          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    item          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    account       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    qty           bigint NOT NULL DEFAULT 0,
    number        bigint NOT NULL DEFAULT 0,
    needs_seat    tinyint(1) NOT NULL DEFAULT 0,
    state         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    offered_until bigint NOT NULL DEFAULT 0,
    chat          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    created_at    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY waiting_number (deal, number),
    KEY waiting_state (deal, state),
    KEY waiting_offered (state, offered_until),
    CONSTRAINT waiting_qty CHECK (qty > 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE waiting;
