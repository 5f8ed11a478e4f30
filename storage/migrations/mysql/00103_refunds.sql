-- Money on its way back. The number is made once and sent again and again.
-- +goose Up
CREATE TABLE refunds (
    id          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payment     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payment_no  varchar(190) NOT NULL,
    gateway     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seq         bigint NOT NULL,
    number      varchar(190) NOT NULL,
    currency    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen  bigint NOT NULL,
    paid_fen    bigint NOT NULL,
    state       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    why         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    to_account  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    attempts    bigint NOT NULL,
    due_at      bigint NOT NULL,
    owner       varchar(190) NOT NULL,
    lease_until bigint NOT NULL,
    fence       bigint NOT NULL,
    last_reason text NOT NULL,
    created_at  bigint NOT NULL,
    done_at     bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY refunds_seq (payment, seq),
    UNIQUE KEY refunds_number (number),
    KEY refunds_deal (deal),
    KEY refunds_due (state, due_at),
    CONSTRAINT refunds_amount CHECK (amount_fen > 0 AND paid_fen >= amount_fen)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE refunds;
