-- The waiting list: first come, first offered, per item.
-- +goose Up
CREATE TABLE waiting (
    id            varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    team          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    item          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    qty           bigint NOT NULL,
    number        bigint NOT NULL,
    needs_seat    tinyint(1) NOT NULL,
    state         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    offered_until bigint NOT NULL,
    chat          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at    bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY waiting_number (deal, number),
    KEY waiting_state (deal, state),
    KEY waiting_offered (state, offered_until),
    CONSTRAINT waiting_qty CHECK (qty > 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE waiting;
