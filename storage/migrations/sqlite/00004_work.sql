-- What waits to be said, handled, offered or handed over. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
-- Announcements of facts, written with them. lane: 0 over, 1 urgent, 2 urgent and tried before, 3 ordinary, 4 ordinary and tried before, 9 put aside (dead or kept).
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL,
    dedup       TEXT    NOT NULL,
    community   TEXT    NOT NULL,
    account     TEXT    NOT NULL,
    chat        TEXT    NOT NULL,
    deal        TEXT    NOT NULL,
    team        TEXT    NOT NULL,
    order_id    TEXT    NOT NULL,
    refund      TEXT    NOT NULL,
    payment     TEXT    NOT NULL,
    summary     TEXT    NOT NULL,
    num         TEXT    NOT NULL,
    due         INTEGER NOT NULL,
    lead        INTEGER NOT NULL,
    urgent      INTEGER NOT NULL,
    channel     TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    lane        INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    owner       TEXT    NOT NULL,
    fence       INTEGER NOT NULL,
    last_reason TEXT    NOT NULL,
    message_id  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    done_at     INTEGER NOT NULL,
    CONSTRAINT outbox_dedup UNIQUE (dedup)
);
CREATE INDEX outbox_due ON outbox (lane, due_at, id);
CREATE INDEX outbox_chat ON outbox (chat, lane);
CREATE INDEX outbox_account ON outbox (account, lane);

-- Updates that were acknowledged before they were handled.
CREATE TABLE inbox (
    source      TEXT    NOT NULL,
    event_key   TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    owner       TEXT    NOT NULL,
    fence       INTEGER NOT NULL,
    done        INTEGER NOT NULL,
    last_reason TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (source, event_key)
);
CREATE INDEX inbox_due ON inbox (done, due_at);

-- The waiting list: first come, first offered, per item.
CREATE TABLE waiting (
    id            TEXT    NOT NULL,
    deal          TEXT    NOT NULL,
    team          TEXT    NOT NULL,
    item          TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    qty           INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    needs_seat    INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    offered_until INTEGER NOT NULL,
    chat          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT waiting_number UNIQUE (deal, number),
    CONSTRAINT waiting_qty CHECK (qty > 0)
);
CREATE INDEX waiting_state ON waiting (deal, state);
CREATE INDEX waiting_offered ON waiting (state, offered_until);

-- What the merchant was sent.
CREATE TABLE summaries (
    id         TEXT    NOT NULL,
    deal       TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    token      TEXT    NOT NULL,
    merchant   TEXT    NOT NULL,
    sheet      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    ack_at     INTEGER NOT NULL,
    ack_by     TEXT    NOT NULL,
    problem    TEXT    NOT NULL,
    revoked_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT summaries_token UNIQUE (token),
    CONSTRAINT summaries_number UNIQUE (deal, number)
);

-- Goods that came to a pickup point.
CREATE TABLE arrivals (
    deal       TEXT    NOT NULL,
    point      TEXT    NOT NULL,
    by_account TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    done       INTEGER NOT NULL,
    PRIMARY KEY (deal, point)
) WITHOUT ROWID;
CREATE INDEX arrivals_done ON arrivals (done, deal);

-- Hand-overs.
CREATE TABLE check_offs (
    id         TEXT    NOT NULL,
    deal       TEXT    NOT NULL,
    order_id   TEXT    NOT NULL,
    by_account TEXT    NOT NULL,
    items      TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    undone_at  INTEGER NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX check_offs_order ON check_offs (order_id, at);

-- Where a guided conversation stands.
CREATE TABLE dialogues (
    account  TEXT    NOT NULL,
    chat     TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    state    BLOB,
    until_at INTEGER NOT NULL,
    PRIMARY KEY (account, chat)
) WITHOUT ROWID;
CREATE INDEX dialogues_until ON dialogues (until_at);

-- Wrong pickup codes, counted by who typed them.
CREATE TABLE code_tries (
    account  TEXT    NOT NULL,
    tries    INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (account)
);

-- +goose Down
DROP TABLE code_tries;
DROP TABLE dialogues;
DROP TABLE check_offs;
DROP TABLE arrivals;
DROP TABLE summaries;
DROP TABLE waiting;
DROP TABLE inbox;
DROP TABLE outbox;
