-- Payments as the sandbox gateway sees them: its own books, apart from ours.
-- +goose Up
CREATE TABLE sandbox_trades (
    number         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    title          varchar(255) NOT NULL,
    currency       varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount_fen     bigint NOT NULL,
    state          varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    transaction_no varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    version        bigint NOT NULL,
    expires_at     bigint NOT NULL,
    created_at     bigint NOT NULL,
    paid_at        bigint NOT NULL,
    closed_at      bigint NOT NULL,
    CONSTRAINT sandbox_trades_amount CHECK (amount_fen > 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE sandbox_trades;
