-- The sandbox gateway's own books, apart from ours: what its "bank" knows. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
-- Payments as the gateway sees them.
CREATE TABLE sandbox_trades (
    number         TEXT    NOT NULL,
    title          TEXT    NOT NULL,
    currency       TEXT    NOT NULL,
    amount_fen     INTEGER NOT NULL,
    state          TEXT    NOT NULL,
    transaction_no TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    paid_at        INTEGER NOT NULL,
    closed_at      INTEGER NOT NULL,
    PRIMARY KEY (number),
    CONSTRAINT sandbox_trades_amount CHECK (amount_fen > 0)
) WITHOUT ROWID;

-- Refunds as the gateway sees them.
CREATE TABLE sandbox_refunds (
    number     TEXT    NOT NULL,
    trade      TEXT    NOT NULL,
    amount_fen INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    due_at     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    done_at    INTEGER NOT NULL,
    PRIMARY KEY (number),
    CONSTRAINT sandbox_refunds_trade_fk FOREIGN KEY (trade) REFERENCES sandbox_trades (number),
    CONSTRAINT sandbox_refunds_amount CHECK (amount_fen > 0)
) WITHOUT ROWID;
CREATE INDEX sandbox_refunds_trade ON sandbox_refunds (trade);
CREATE INDEX sandbox_refunds_due ON sandbox_refunds (state, due_at);

-- Callbacks to deliver until they are taken.
CREATE TABLE sandbox_calls (
    id           TEXT    NOT NULL,
    trade        TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    delivered_at INTEGER NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE INDEX sandbox_calls_due ON sandbox_calls (delivered_at, due_at);

-- Everything that happened at the gateway, in order; never changed.
CREATE TABLE sandbox_log (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    trade      TEXT    NOT NULL,
    what       TEXT    NOT NULL,
    number     TEXT    NOT NULL,
    amount_fen INTEGER NOT NULL,
    note       TEXT    NOT NULL,
    at         INTEGER NOT NULL
);
CREATE INDEX sandbox_log_trade ON sandbox_log (trade);
-- +goose StatementBegin
CREATE TRIGGER sandbox_log_no_update BEFORE UPDATE ON sandbox_log BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER sandbox_log_no_delete BEFORE DELETE ON sandbox_log BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
-- +goose StatementEnd

-- One-time links for the operator, by hash.
CREATE TABLE operator_links (
    hash       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    PRIMARY KEY (hash)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE operator_links;
DROP TABLE sandbox_log;
DROP TABLE sandbox_calls;
DROP TABLE sandbox_refunds;
DROP TABLE sandbox_trades;
