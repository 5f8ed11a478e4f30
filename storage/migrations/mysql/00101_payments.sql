-- Attempts to pay; never more is asked back than was paid.
-- +goose Up
CREATE TABLE payments (
    id               varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    number           varchar(190) NOT NULL,
    gateway          varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    deal             varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    payer            varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen       bigint NOT NULL,
    state            varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    transaction_no   varchar(190) NULL,
    applied_fen      bigint NOT NULL,
    unapplied_fen    bigint NOT NULL,
    refund_asked_fen bigint NOT NULL,
    refunds          bigint NOT NULL,
    expires_at       bigint NOT NULL,
    check_at         bigint NOT NULL,
    checks           bigint NOT NULL,
    created_at       bigint NOT NULL,
    paid_at          bigint NOT NULL,
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
