-- Attempts to pay; never more is asked back than was paid.
-- +goose Up
CREATE TABLE payments (
    id               varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    number           varchar(190) NOT NULL DEFAULT '',
    gateway          varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    deal             varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    payer            varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    currency         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    amount_fen       bigint NOT NULL DEFAULT 0,
    state            varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    transaction_no   varchar(190) NULL,
    applied_fen      bigint NOT NULL DEFAULT 0,
    unapplied_fen    bigint NOT NULL DEFAULT 0,
    refund_asked_fen bigint NOT NULL DEFAULT 0,
    refunds          bigint NOT NULL DEFAULT 0,
    expires_at       bigint NOT NULL DEFAULT 0,
    check_at         bigint NOT NULL DEFAULT 0,
    checks           bigint NOT NULL DEFAULT 0,
    created_at       bigint NOT NULL DEFAULT 0,
    paid_at          bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY payments_number (number),
    UNIQUE KEY payments_transaction (gateway, transaction_no),
    KEY payments_deal (deal),
    KEY payments_check (check_at),
    CONSTRAINT payments_amount CHECK (amount_fen >= 0 AND applied_fen >= 0 AND unapplied_fen >= 0),
    CONSTRAINT payments_refunds CHECK (refund_asked_fen >= 0 AND refund_asked_fen <= amount_fen)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE payments;
