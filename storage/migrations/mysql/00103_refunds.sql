-- Money on its way back. The number is made once and sent again and again.
-- +goose Up
CREATE TABLE refunds (
    id          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payment     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    payment_no  varchar(190) NOT NULL DEFAULT '',
    gateway     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    deal        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    seq         bigint NOT NULL DEFAULT 0,
    number      varchar(190) NOT NULL DEFAULT '',
    currency    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    amount_fen  bigint NOT NULL DEFAULT 0,
    paid_fen    bigint NOT NULL DEFAULT 0,
    state       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    why         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    to_account  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    attempts    bigint NOT NULL DEFAULT 0,
    due_at      bigint NOT NULL DEFAULT 0,
    owner       varchar(190) NOT NULL DEFAULT '',
    lease_until bigint NOT NULL DEFAULT 0,
    fence       bigint NOT NULL DEFAULT 0,
    last_reason text NOT NULL DEFAULT (''),
    created_at  bigint NOT NULL DEFAULT 0,
    done_at     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY refunds_seq (payment, seq),
    UNIQUE KEY refunds_number (number),
    KEY refunds_deal (deal),
    KEY refunds_due (state, due_at),
    CONSTRAINT refunds_amount CHECK (amount_fen > 0 AND paid_fen >= amount_fen)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE refunds;
