-- Deals, teams, orders and the trail of commands. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
-- Offers. What is searched, scheduled or guarded has a column; the rest of what the leader set is in terms.
CREATE TABLE deals (
    id           TEXT    NOT NULL,
    community    TEXT    NOT NULL DEFAULT '',
    code         TEXT    NOT NULL DEFAULT '',
    currency     TEXT    NOT NULL DEFAULT '',
    kind         TEXT    NOT NULL DEFAULT '',
    state        TEXT    NOT NULL DEFAULT '',
    pay          TEXT    NOT NULL DEFAULT '',
    opens_at     INTEGER NOT NULL DEFAULT 0,
    deadline_at  INTEGER NOT NULL DEFAULT 0,
    terms        TEXT    NOT NULL DEFAULT '',
    opened_by    TEXT    NOT NULL DEFAULT '',
    next_serial  INTEGER NOT NULL DEFAULT 0,
    version      INTEGER NOT NULL DEFAULT 0,
    edition      INTEGER NOT NULL DEFAULT 0,
    next_team    INTEGER NOT NULL DEFAULT 0,
    open_teams   INTEGER NOT NULL DEFAULT 0,
    formed_teams INTEGER NOT NULL DEFAULT 0,
    waiting      INTEGER NOT NULL DEFAULT 0,
    extended     INTEGER NOT NULL DEFAULT 0,
    reason       TEXT    NOT NULL DEFAULT '',
    summaries    INTEGER NOT NULL DEFAULT 0,
    arrived_at   INTEGER NOT NULL DEFAULT 0,
    locked_at    INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT deals_code UNIQUE (code),
    CONSTRAINT deals_counts CHECK (next_serial >= 0 AND next_team >= 0 AND open_teams >= 0 AND formed_teams >= 0 AND waiting >= 0)
);
CREATE INDEX deals_community ON deals (community, created_at);
CREATE INDEX deals_opened_by ON deals (opened_by);
CREATE INDEX deals_opens ON deals (state, opens_at);
CREATE INDEX deals_deadline ON deals (state, deadline_at);
CREATE INDEX deals_summaries ON deals (state, summaries);

-- What is on offer in a deal; held and offered never pass the stock.
CREATE TABLE deal_items (
    id         TEXT    NOT NULL,
    deal       TEXT    NOT NULL DEFAULT '',
    letter     TEXT    NOT NULL DEFAULT '',
    name       TEXT    NOT NULL DEFAULT '',
    spec       TEXT    NOT NULL DEFAULT '',
    unit       TEXT    NOT NULL DEFAULT '',
    currency   TEXT    NOT NULL DEFAULT '',
    group_fen  INTEGER NOT NULL DEFAULT 0,
    solo_fen   INTEGER NOT NULL DEFAULT 0,
    supply_fen INTEGER NOT NULL DEFAULT 0,
    stock      INTEGER NOT NULL DEFAULT 0,
    held       INTEGER NOT NULL DEFAULT 0,
    offered    INTEGER NOT NULL DEFAULT 0,
    per_person INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT deal_items_letter UNIQUE (deal, letter),
    CONSTRAINT deal_items_held CHECK (held >= 0),
    CONSTRAINT deal_items_offered CHECK (offered >= 0),
    CONSTRAINT deal_items_stock CHECK (stock < 0 OR held + offered <= stock),
    CONSTRAINT deal_items_price CHECK (group_fen >= 0 AND solo_fen >= 0 AND supply_fen >= 0),
    CONSTRAINT deal_items_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
);

-- The chats a deal is posted to, each with its leader and its living card.
CREATE TABLE deal_chats (
    deal       TEXT    NOT NULL DEFAULT '',
    chat       TEXT    NOT NULL DEFAULT '',
    leader     TEXT    NOT NULL DEFAULT '',
    commission INTEGER NOT NULL DEFAULT 0,
    card_msg   TEXT    NOT NULL DEFAULT '',
    noise      TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (deal, chat),
    CONSTRAINT deal_chats_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
) WITHOUT ROWID;
CREATE INDEX deal_chats_chat ON deal_chats (chat);
CREATE INDEX deal_chats_leader ON deal_chats (leader);

-- Every edition of the terms, as the leader set them.
CREATE TABLE deal_versions (
    deal       TEXT    NOT NULL DEFAULT '',
    number     INTEGER NOT NULL DEFAULT 0,
    terms      TEXT    NOT NULL DEFAULT '',
    items      TEXT    NOT NULL DEFAULT '',
    by_account TEXT    NOT NULL DEFAULT '',
    reason     TEXT    NOT NULL DEFAULT '',
    at         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (deal, number),
    CONSTRAINT deal_versions_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
);

-- Groups gathering for a deal, with their tallies.
CREATE TABLE teams (
    id                 TEXT    NOT NULL,
    deal               TEXT    NOT NULL DEFAULT '',
    number             INTEGER NOT NULL DEFAULT 0,
    token              TEXT    NOT NULL DEFAULT '',
    state              TEXT    NOT NULL DEFAULT '',
    head               TEXT    NOT NULL DEFAULT '',
    opens_at           INTEGER NOT NULL DEFAULT 0,
    deadline_at        INTEGER NOT NULL DEFAULT 0,
    cap                INTEGER NOT NULL DEFAULT 0,
    cap_unit           TEXT    NOT NULL DEFAULT '',
    threshold          INTEGER NOT NULL DEFAULT 0,
    threshold_unit     TEXT    NOT NULL DEFAULT '',
    currency           TEXT    NOT NULL DEFAULT '',
    live_people        INTEGER NOT NULL DEFAULT 0,
    live_shares        INTEGER NOT NULL DEFAULT 0,
    live_fen           INTEGER NOT NULL DEFAULT 0,
    paid_people        INTEGER NOT NULL DEFAULT 0,
    paid_shares        INTEGER NOT NULL DEFAULT 0,
    paid_fen           INTEGER NOT NULL DEFAULT 0,
    offered_shares     INTEGER NOT NULL DEFAULT 0,
    offered_people     INTEGER NOT NULL DEFAULT 0,
    version            INTEGER NOT NULL DEFAULT 0,
    met_at             INTEGER NOT NULL DEFAULT 0,
    drain_until        INTEGER NOT NULL DEFAULT 0,
    decided_at         INTEGER NOT NULL DEFAULT 0,
    decided_at_version INTEGER NOT NULL DEFAULT 0,
    completion         TEXT    NOT NULL DEFAULT '',
    decided_by         TEXT    NOT NULL DEFAULT '',
    reason             TEXT    NOT NULL DEFAULT '',
    threshold_used     INTEGER NOT NULL DEFAULT 0,
    short              INTEGER NOT NULL DEFAULT 0,
    fanned_out         INTEGER NOT NULL DEFAULT 0,
    open_refunds       INTEGER NOT NULL DEFAULT 0,
    told               INTEGER NOT NULL DEFAULT 0,
    created_at         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT teams_token UNIQUE (token),
    CONSTRAINT teams_number UNIQUE (deal, number),
    CONSTRAINT teams_cap CHECK (cap <= 0 OR (cap_unit = 'people' AND live_people + offered_people <= cap) OR (cap_unit = 'shares' AND live_shares + offered_shares <= cap) OR cap_unit NOT IN ('people', 'shares')),
    CONSTRAINT teams_live CHECK (live_people >= 0 AND live_shares >= 0 AND live_fen >= 0),
    CONSTRAINT teams_paid CHECK (paid_people >= 0 AND paid_shares >= 0 AND paid_fen >= 0),
    CONSTRAINT teams_offered CHECK (offered_people >= 0 AND offered_shares >= 0),
    CONSTRAINT teams_refunds CHECK (open_refunds >= 0),
    CONSTRAINT teams_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
);
CREATE INDEX teams_state ON teams (deal, state);
CREATE INDEX teams_deadline ON teams (state, deadline_at);
CREATE INDEX teams_drain ON teams (state, drain_until);
CREATE INDEX teams_fan_out ON teams (state, fanned_out, open_refunds);

-- One person in one team. Order, event and lines are all that a join writes.
CREATE TABLE orders (
    id             TEXT    NOT NULL,
    token          TEXT    NOT NULL DEFAULT '',
    deal           TEXT    NOT NULL DEFAULT '',
    team           TEXT    NOT NULL DEFAULT '',
    shopper        TEXT    NOT NULL DEFAULT '',
    beneficiary    TEXT    NOT NULL DEFAULT '',
    slot           INTEGER NOT NULL DEFAULT 0,
    serial         INTEGER NOT NULL DEFAULT 0,
    state          TEXT    NOT NULL DEFAULT '',
    pay            TEXT    NOT NULL DEFAULT '',
    currency       TEXT    NOT NULL DEFAULT '',
    total_fen      INTEGER NOT NULL DEFAULT 0,
    paid_fen       INTEGER NOT NULL DEFAULT 0,
    refund_due_fen INTEGER NOT NULL DEFAULT 0,
    refunded_fen   INTEGER NOT NULL DEFAULT 0,
    shares         INTEGER NOT NULL DEFAULT 0,
    via_chat       TEXT    NOT NULL DEFAULT '',
    via_leader     TEXT    NOT NULL DEFAULT '',
    placed_by      TEXT    NOT NULL DEFAULT '',
    entered_by     TEXT    NOT NULL DEFAULT '',
    payer          TEXT    NOT NULL DEFAULT '',
    source         TEXT    NOT NULL DEFAULT '',
    source_line    TEXT    NOT NULL DEFAULT '',
    household      TEXT,
    point          TEXT    NOT NULL DEFAULT '',
    address_box    BLOB,
    pay_due_at     INTEGER NOT NULL DEFAULT 0,
    last_command   TEXT    NOT NULL DEFAULT '',
    last_via       TEXT    NOT NULL DEFAULT '',
    last_at        INTEGER NOT NULL DEFAULT 0,
    last_said_at   INTEGER NOT NULL DEFAULT 0,
    undo_wants     TEXT    NOT NULL DEFAULT '',
    undo_at        INTEGER NOT NULL DEFAULT 0,
    reason         TEXT    NOT NULL DEFAULT '',
    pickup_code    TEXT,
    created_at     INTEGER NOT NULL DEFAULT 0,
    updated_at     INTEGER NOT NULL DEFAULT 0,
    received_at    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT orders_slot UNIQUE (team, shopper, beneficiary, slot),
    CONSTRAINT orders_serial UNIQUE (deal, serial),
    CONSTRAINT orders_token UNIQUE (token),
    CONSTRAINT orders_pickup UNIQUE (pickup_code, deal),
    CONSTRAINT orders_money CHECK (total_fen >= 0 AND paid_fen >= 0 AND refund_due_fen >= 0 AND refunded_fen >= 0),
    CONSTRAINT orders_shares CHECK (shares >= 0),
    CONSTRAINT orders_serial_given CHECK (serial > 0)
);
CREATE INDEX orders_shopper ON orders (shopper, deal);
CREATE INDEX orders_household ON orders (household, deal);
CREATE INDEX orders_pay_due ON orders (state, pay_due_at);

-- The items of an order.
CREATE TABLE order_lines (
    order_id       TEXT    NOT NULL DEFAULT '',
    id             TEXT    NOT NULL,
    pos            INTEGER NOT NULL DEFAULT 0,
    item           TEXT    NOT NULL DEFAULT '',
    ordered        INTEGER NOT NULL DEFAULT 0,
    allocated      INTEGER NOT NULL DEFAULT 0,
    collected      INTEGER NOT NULL DEFAULT 0,
    refunded       INTEGER NOT NULL DEFAULT 0,
    unit_fen       INTEGER NOT NULL DEFAULT 0,
    step           TEXT    NOT NULL DEFAULT '',
    final_unit_fen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, id),
    CONSTRAINT order_lines_counts CHECK (ordered >= 0 AND allocated >= 0 AND collected >= 0 AND refunded >= 0),
    CONSTRAINT order_lines_price CHECK (unit_fen >= 0 AND final_unit_fen >= 0)
) WITHOUT ROWID;

-- The steps by which the unit price of a line came about.
CREATE TABLE order_line_prices (
    order_id TEXT    NOT NULL DEFAULT '',
    line     TEXT    NOT NULL DEFAULT '',
    seq      INTEGER NOT NULL DEFAULT 0,
    step     TEXT    NOT NULL DEFAULT '',
    unit_fen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, line, seq)
) WITHOUT ROWID;

-- What an order owes, by when.
CREATE TABLE order_dues (
    order_id   TEXT    NOT NULL DEFAULT '',
    purpose    TEXT    NOT NULL DEFAULT '',
    currency   TEXT    NOT NULL DEFAULT '',
    amount_fen INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, purpose),
    CONSTRAINT order_dues_amount CHECK (amount_fen >= 0)
) WITHOUT ROWID;

-- Decided commands: the key that makes a repeat harmless, the answer, the words as typed, the trail.
CREATE TABLE order_events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    channel     TEXT    NOT NULL DEFAULT '',
    account     TEXT    NOT NULL DEFAULT '',
    message_key TEXT    NOT NULL DEFAULT '',
    idx         INTEGER NOT NULL DEFAULT 0,
    hash        TEXT    NOT NULL DEFAULT '',
    kind        TEXT    NOT NULL DEFAULT '',
    did         TEXT    NOT NULL DEFAULT '',
    deal        TEXT    NOT NULL DEFAULT '',
    team        TEXT    NOT NULL DEFAULT '',
    order_id    TEXT    NOT NULL DEFAULT '',
    by_account  TEXT    NOT NULL DEFAULT '',
    chat        TEXT    NOT NULL DEFAULT '',
    lang        TEXT    NOT NULL DEFAULT '',
    source      TEXT    NOT NULL DEFAULT '',
    answer      TEXT    NOT NULL DEFAULT '',
    version     INTEGER NOT NULL DEFAULT 0,
    at          INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT order_events_key UNIQUE (channel, account, message_key, idx)
);
CREATE INDEX order_events_deal ON order_events (deal, id);
CREATE INDEX order_events_order ON order_events (order_id, id);
CREATE INDEX order_events_by ON order_events (by_account, id);

-- +goose Down
DROP TABLE order_events;
DROP TABLE order_dues;
DROP TABLE order_line_prices;
DROP TABLE order_lines;
DROP TABLE orders;
DROP TABLE teams;
DROP TABLE deal_versions;
DROP TABLE deal_chats;
DROP TABLE deal_items;
DROP TABLE deals;
