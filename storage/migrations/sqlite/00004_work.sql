-- What waits to be said, handled, offered or handed over. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
-- Announcements of facts, written with them. lane: 0 over, 1 urgent, 2 urgent and tried before, 3 ordinary, 4 ordinary and tried before, 9 put aside (dead or kept).
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL DEFAULT '',
    dedup       TEXT    NOT NULL DEFAULT '',
    community   TEXT    NOT NULL DEFAULT '',
    account     TEXT    NOT NULL DEFAULT '',
    chat        TEXT    NOT NULL DEFAULT '',
    deal        TEXT    NOT NULL DEFAULT '',
    team        TEXT    NOT NULL DEFAULT '',
    order_id    TEXT    NOT NULL DEFAULT '',
    refund      TEXT    NOT NULL DEFAULT '',
    payment     TEXT    NOT NULL DEFAULT '',
    summary     TEXT    NOT NULL DEFAULT '',
    num         TEXT    NOT NULL DEFAULT '',
    due         INTEGER NOT NULL DEFAULT 0,
    lead        INTEGER NOT NULL DEFAULT 0,
    urgent      INTEGER NOT NULL DEFAULT 0,
    channel     TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL DEFAULT '',
    lane        INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL DEFAULT 0,
    owner       TEXT    NOT NULL DEFAULT '',
    fence       INTEGER NOT NULL DEFAULT 0,
    last_reason TEXT    NOT NULL DEFAULT '',
    message_id  TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL DEFAULT 0,
    done_at     INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT outbox_dedup UNIQUE (dedup)
);
CREATE INDEX outbox_due ON outbox (lane, due_at, id);
CREATE INDEX outbox_chat ON outbox (chat, lane);
CREATE INDEX outbox_account ON outbox (account, lane);

-- Updates that were acknowledged before they were handled.
CREATE TABLE inbox (
    source      TEXT    NOT NULL DEFAULT '',
    event_key   TEXT    NOT NULL DEFAULT '',
    body        TEXT    NOT NULL DEFAULT '',
    due_at      INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    owner       TEXT    NOT NULL DEFAULT '',
    fence       INTEGER NOT NULL DEFAULT 0,
    done        INTEGER NOT NULL DEFAULT 0,
    last_reason TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source, event_key)
);
CREATE INDEX inbox_due ON inbox (done, due_at);

-- The waiting list: first come, first offered, per item.
CREATE TABLE waiting (
    id            TEXT    NOT NULL,
    deal          TEXT    NOT NULL DEFAULT '',
    team          TEXT    NOT NULL DEFAULT '',
    item          TEXT    NOT NULL DEFAULT '',
    account       TEXT    NOT NULL DEFAULT '',
    qty           INTEGER NOT NULL DEFAULT 0,
    number        INTEGER NOT NULL DEFAULT 0,
    needs_seat    INTEGER NOT NULL DEFAULT 0,
    state         TEXT    NOT NULL DEFAULT '',
    offered_until INTEGER NOT NULL DEFAULT 0,
    chat          TEXT    NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT waiting_number UNIQUE (deal, number),
    CONSTRAINT waiting_qty CHECK (qty > 0)
);
CREATE INDEX waiting_state ON waiting (deal, state);
CREATE INDEX waiting_offered ON waiting (state, offered_until);

-- What the merchant was sent.
CREATE TABLE summaries (
    id         TEXT    NOT NULL,
    deal       TEXT    NOT NULL DEFAULT '',
    number     INTEGER NOT NULL DEFAULT 0,
    token      TEXT    NOT NULL DEFAULT '',
    merchant   TEXT    NOT NULL DEFAULT '',
    sheet      TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL DEFAULT 0,
    ack_at     INTEGER NOT NULL DEFAULT 0,
    ack_by     TEXT    NOT NULL DEFAULT '',
    problem    TEXT    NOT NULL DEFAULT '',
    revoked_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT summaries_token UNIQUE (token),
    CONSTRAINT summaries_number UNIQUE (deal, number)
);

-- Goods that came to a pickup point.
CREATE TABLE arrivals (
    deal       TEXT    NOT NULL DEFAULT '',
    point      TEXT    NOT NULL DEFAULT '',
    by_account TEXT    NOT NULL DEFAULT '',
    at         INTEGER NOT NULL DEFAULT 0,
    done       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (deal, point)
) WITHOUT ROWID;
CREATE INDEX arrivals_done ON arrivals (done, deal);

-- Hand-overs.
CREATE TABLE check_offs (
    id         TEXT    NOT NULL,
    deal       TEXT    NOT NULL DEFAULT '',
    order_id   TEXT    NOT NULL DEFAULT '',
    by_account TEXT    NOT NULL DEFAULT '',
    items      TEXT    NOT NULL DEFAULT '',
    at         INTEGER NOT NULL DEFAULT 0,
    undone_at  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);
CREATE INDEX check_offs_order ON check_offs (order_id, at);

-- Where a guided conversation stands.
CREATE TABLE dialogues (
    account  TEXT    NOT NULL DEFAULT '',
    chat     TEXT    NOT NULL DEFAULT '',
    name     TEXT    NOT NULL DEFAULT '',
    state    BLOB,
    until_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, chat)
) WITHOUT ROWID;
CREATE INDEX dialogues_until ON dialogues (until_at);

-- Wrong pickup codes, counted by who typed them.
CREATE TABLE code_tries (
    account  TEXT    NOT NULL DEFAULT '',
    tries    INTEGER NOT NULL DEFAULT 0,
    until_at INTEGER NOT NULL DEFAULT 0,
    last_at  INTEGER NOT NULL DEFAULT 0,
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
