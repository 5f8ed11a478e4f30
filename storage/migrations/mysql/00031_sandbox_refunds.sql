-- Refunds as the sandbox gateway sees them.
-- +goose Up
CREATE TABLE sandbox_refunds (
    number     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    trade      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen bigint NOT NULL,
    state      varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reason     varchar(191) NOT NULL,
    due_at     bigint NOT NULL,
    created_at bigint NOT NULL,
    done_at    bigint NOT NULL,
    KEY sandbox_refunds_trade (trade),
    KEY sandbox_refunds_due (state, due_at),
    CONSTRAINT sandbox_refunds_trade_fk FOREIGN KEY (trade) REFERENCES sandbox_trades (number),
    CONSTRAINT sandbox_refunds_amount CHECK (amount_fen > 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE sandbox_refunds;
