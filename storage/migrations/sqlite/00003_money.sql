-- Payments, refunds and the append-only ledger. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
-- Attempts to pay; never more is asked back than was paid.
CREATE TABLE payments (
    id               TEXT    NOT NULL,
    number           TEXT    NOT NULL DEFAULT '',
    gateway          TEXT    NOT NULL DEFAULT '',
    deal             TEXT    NOT NULL DEFAULT '',
    payer            TEXT    NOT NULL DEFAULT '',
    currency         TEXT    NOT NULL DEFAULT '',
    amount_fen       INTEGER NOT NULL DEFAULT 0,
    state            TEXT    NOT NULL DEFAULT '',
    transaction_no   TEXT,
    applied_fen      INTEGER NOT NULL DEFAULT 0,
    unapplied_fen    INTEGER NOT NULL DEFAULT 0,
    refund_asked_fen INTEGER NOT NULL DEFAULT 0,
    refunds          INTEGER NOT NULL DEFAULT 0,
    expires_at       INTEGER NOT NULL DEFAULT 0,
    check_at         INTEGER NOT NULL DEFAULT 0,
    checks           INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL DEFAULT 0,
    paid_at          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT payments_number UNIQUE (number),
    CONSTRAINT payments_transaction UNIQUE (gateway, transaction_no),
    CONSTRAINT payments_amount CHECK (amount_fen >= 0 AND applied_fen >= 0 AND unapplied_fen >= 0),
    CONSTRAINT payments_refunds CHECK (refund_asked_fen >= 0 AND refund_asked_fen <= amount_fen)
);
CREATE INDEX payments_deal ON payments (deal);
CREATE INDEX payments_check ON payments (check_at);

-- Which order a payment is for.
CREATE TABLE payment_parts (
    payment    TEXT    NOT NULL DEFAULT '',
    order_id   TEXT    NOT NULL DEFAULT '',
    purpose    TEXT    NOT NULL DEFAULT '',
    pos        INTEGER NOT NULL DEFAULT 0,
    amount_fen INTEGER NOT NULL DEFAULT 0,
    applied    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (payment, order_id, purpose),
    CONSTRAINT payment_parts_amount CHECK (amount_fen >= 0)
) WITHOUT ROWID;
CREATE INDEX payment_parts_order ON payment_parts (order_id);

-- Money on its way back. The number is made once and sent again and again.
CREATE TABLE refunds (
    id          TEXT    NOT NULL,
    payment     TEXT    NOT NULL DEFAULT '',
    payment_no  TEXT    NOT NULL DEFAULT '',
    gateway     TEXT    NOT NULL DEFAULT '',
    deal        TEXT    NOT NULL DEFAULT '',
    seq         INTEGER NOT NULL DEFAULT 0,
    number      TEXT    NOT NULL DEFAULT '',
    currency    TEXT    NOT NULL DEFAULT '',
    amount_fen  INTEGER NOT NULL DEFAULT 0,
    paid_fen    INTEGER NOT NULL DEFAULT 0,
    state       TEXT    NOT NULL DEFAULT '',
    why         TEXT    NOT NULL DEFAULT '',
    to_account  TEXT    NOT NULL DEFAULT '',
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL DEFAULT 0,
    owner       TEXT    NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0,
    fence       INTEGER NOT NULL DEFAULT 0,
    last_reason TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL DEFAULT 0,
    done_at     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT refunds_seq UNIQUE (payment, seq),
    CONSTRAINT refunds_number UNIQUE (number),
    CONSTRAINT refunds_amount CHECK (amount_fen > 0 AND paid_fen >= amount_fen)
);
CREATE INDEX refunds_deal ON refunds (deal);
CREATE INDEX refunds_due ON refunds (state, due_at);

-- Which line a refund is for.
CREATE TABLE refund_parts (
    refund     TEXT    NOT NULL DEFAULT '',
    pos        INTEGER NOT NULL DEFAULT 0,
    order_id   TEXT    NOT NULL DEFAULT '',
    line       TEXT    NOT NULL DEFAULT '',
    qty        INTEGER NOT NULL DEFAULT 0,
    amount_fen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (refund, pos),
    CONSTRAINT refund_parts_amount CHECK (amount_fen >= 0 AND qty >= 0)
) WITHOUT ROWID;
CREATE INDEX refund_parts_order ON refund_parts (order_id);

-- Movements of money. Written once, never changed.
CREATE TABLE transfers (
    id       TEXT    NOT NULL,
    kind     TEXT    NOT NULL DEFAULT '',
    deal     TEXT    NOT NULL DEFAULT '',
    order_id TEXT    NOT NULL DEFAULT '',
    payment  TEXT    NOT NULL DEFAULT '',
    refund   TEXT    NOT NULL DEFAULT '',
    at       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);
CREATE INDEX transfers_deal ON transfers (deal);

-- The legs of a transfer; they sum to zero. Written once, never changed.
CREATE TABLE postings (
    transfer   TEXT    NOT NULL DEFAULT '',
    seq        INTEGER NOT NULL DEFAULT 0,
    account    TEXT    NOT NULL DEFAULT '',
    currency   TEXT    NOT NULL DEFAULT '',
    amount_fen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (transfer, seq)
) WITHOUT ROWID;
CREATE INDEX postings_account ON postings (account);

-- Money that came for a number we do not know.
CREATE TABLE orphans (
    gateway        TEXT    NOT NULL DEFAULT '',
    transaction_no TEXT    NOT NULL DEFAULT '',
    number         TEXT    NOT NULL DEFAULT '',
    currency       TEXT    NOT NULL DEFAULT '',
    amount_fen     INTEGER NOT NULL DEFAULT 0,
    at             INTEGER NOT NULL DEFAULT 0,
    note           TEXT    NOT NULL DEFAULT '',
    solved_at      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (gateway, transaction_no)
);
CREATE INDEX orphans_solved ON orphans (solved_at);

-- +goose StatementBegin
CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER postings_no_update BEFORE UPDATE ON postings
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER postings_no_delete BEFORE DELETE ON postings
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE orphans;
DROP TABLE postings;
DROP TABLE transfers;
DROP TABLE refund_parts;
DROP TABLE refunds;
DROP TABLE payment_parts;
DROP TABLE payments;
