-- Payments, refunds and the append-only ledger. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
-- Attempts to pay; never more is asked back than was paid.
CREATE TABLE payments (
    id               TEXT    NOT NULL,
    number           TEXT    NOT NULL,
    gateway          TEXT    NOT NULL,
    deal             TEXT    NOT NULL,
    payer            TEXT    NOT NULL,
    currency         TEXT    NOT NULL,
    amount_fen       INTEGER NOT NULL,
    state            TEXT    NOT NULL,
    transaction_no   TEXT,
    applied_fen      INTEGER NOT NULL,
    unapplied_fen    INTEGER NOT NULL,
    refund_asked_fen INTEGER NOT NULL,
    refunds          INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    check_at         INTEGER NOT NULL,
    checks           INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    paid_at          INTEGER NOT NULL,
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
    payment    TEXT    NOT NULL,
    order_id   TEXT    NOT NULL,
    purpose    TEXT    NOT NULL,
    pos        INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL,
    applied    INTEGER NOT NULL,
    PRIMARY KEY (payment, order_id, purpose),
    CONSTRAINT payment_parts_amount CHECK (amount_fen >= 0)
) WITHOUT ROWID;
CREATE INDEX payment_parts_order ON payment_parts (order_id);

-- Money on its way back. The number is made once and sent again and again.
CREATE TABLE refunds (
    id          TEXT    NOT NULL,
    payment     TEXT    NOT NULL,
    payment_no  TEXT    NOT NULL,
    gateway     TEXT    NOT NULL,
    deal        TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    number      TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    amount_fen  INTEGER NOT NULL,
    paid_fen    INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    why         TEXT    NOT NULL,
    to_account  TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    owner       TEXT    NOT NULL,
    lease_until INTEGER NOT NULL,
    fence       INTEGER NOT NULL,
    last_reason TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    done_at     INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT refunds_seq UNIQUE (payment, seq),
    CONSTRAINT refunds_number UNIQUE (number),
    CONSTRAINT refunds_amount CHECK (amount_fen > 0 AND paid_fen >= amount_fen)
);
CREATE INDEX refunds_deal ON refunds (deal);
CREATE INDEX refunds_due ON refunds (state, due_at);

-- Which line a refund is for.
CREATE TABLE refund_parts (
    refund     TEXT    NOT NULL,
    pos        INTEGER NOT NULL,
    order_id   TEXT    NOT NULL,
    line       TEXT    NOT NULL,
    qty        INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL,
    PRIMARY KEY (refund, pos),
    CONSTRAINT refund_parts_amount CHECK (amount_fen >= 0 AND qty >= 0)
) WITHOUT ROWID;
CREATE INDEX refund_parts_order ON refund_parts (order_id);

-- Movements of money. Written once, never changed.
CREATE TABLE transfers (
    id       TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    deal     TEXT    NOT NULL,
    order_id TEXT    NOT NULL,
    payment  TEXT    NOT NULL,
    refund   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX transfers_deal ON transfers (deal);

-- The legs of a transfer; they sum to zero. Written once, never changed.
CREATE TABLE postings (
    transfer   TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    account    TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    amount_fen INTEGER NOT NULL,
    PRIMARY KEY (transfer, seq)
) WITHOUT ROWID;
CREATE INDEX postings_account ON postings (account);

-- Money that came for a number we do not know.
CREATE TABLE orphans (
    gateway        TEXT    NOT NULL,
    transaction_no TEXT    NOT NULL,
    number         TEXT    NOT NULL,
    currency       TEXT    NOT NULL,
    amount_fen     INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    note           TEXT    NOT NULL,
    solved_at      INTEGER NOT NULL,
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
