-- Deals, teams, orders and the trail of commands. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
-- Offers. What is searched, scheduled or guarded has a column; the rest of what the leader set is in terms.
CREATE TABLE deals (
    id           TEXT    NOT NULL,
    community    TEXT    NOT NULL,
    code         TEXT    NOT NULL,
    currency     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    pay          TEXT    NOT NULL,
    opens_at     INTEGER NOT NULL,
    deadline_at  INTEGER NOT NULL,
    terms        TEXT    NOT NULL,
    opened_by    TEXT    NOT NULL,
    next_serial  INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    edition      INTEGER NOT NULL,
    next_team    INTEGER NOT NULL,
    open_teams   INTEGER NOT NULL,
    formed_teams INTEGER NOT NULL,
    waiting      INTEGER NOT NULL,
    extended     INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    summaries    INTEGER NOT NULL,
    arrived_at   INTEGER NOT NULL,
    locked_at    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
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
    deal       TEXT    NOT NULL,
    letter     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    spec       TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    group_fen  INTEGER NOT NULL,
    solo_fen   INTEGER NOT NULL,
    supply_fen INTEGER NOT NULL,
    stock      INTEGER NOT NULL,
    held       INTEGER NOT NULL,
    offered    INTEGER NOT NULL,
    per_person INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
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
    deal       TEXT    NOT NULL,
    chat       TEXT    NOT NULL,
    leader     TEXT    NOT NULL,
    commission INTEGER NOT NULL,
    card_msg   TEXT    NOT NULL,
    noise      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (deal, chat),
    CONSTRAINT deal_chats_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
) WITHOUT ROWID;
CREATE INDEX deal_chats_chat ON deal_chats (chat);
CREATE INDEX deal_chats_leader ON deal_chats (leader);

-- Every edition of the terms, as the leader set them.
CREATE TABLE deal_versions (
    deal       TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    terms      TEXT    NOT NULL,
    items      TEXT    NOT NULL,
    by_account TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (deal, number),
    CONSTRAINT deal_versions_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
);

-- Groups gathering for a deal, with their tallies.
CREATE TABLE teams (
    id                 TEXT    NOT NULL,
    deal               TEXT    NOT NULL,
    number             INTEGER NOT NULL,
    token              TEXT    NOT NULL,
    state              TEXT    NOT NULL,
    head               TEXT    NOT NULL,
    opens_at           INTEGER NOT NULL,
    deadline_at        INTEGER NOT NULL,
    cap                INTEGER NOT NULL,
    cap_unit           TEXT    NOT NULL,
    threshold          INTEGER NOT NULL,
    threshold_unit     TEXT    NOT NULL,
    currency           TEXT    NOT NULL,
    live_people        INTEGER NOT NULL,
    live_shares        INTEGER NOT NULL,
    live_fen           INTEGER NOT NULL,
    paid_people        INTEGER NOT NULL,
    paid_shares        INTEGER NOT NULL,
    paid_fen           INTEGER NOT NULL,
    offered_shares     INTEGER NOT NULL,
    offered_people     INTEGER NOT NULL,
    version            INTEGER NOT NULL,
    met_at             INTEGER NOT NULL,
    drain_until        INTEGER NOT NULL,
    decided_at         INTEGER NOT NULL,
    decided_at_version INTEGER NOT NULL,
    completion         TEXT    NOT NULL,
    decided_by         TEXT    NOT NULL,
    reason             TEXT    NOT NULL,
    threshold_used     INTEGER NOT NULL,
    short              INTEGER NOT NULL,
    fanned_out         INTEGER NOT NULL,
    open_refunds       INTEGER NOT NULL,
    told               INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
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
    token          TEXT    NOT NULL,
    deal           TEXT    NOT NULL,
    team           TEXT    NOT NULL,
    shopper        TEXT    NOT NULL,
    beneficiary    TEXT    NOT NULL,
    slot           INTEGER NOT NULL,
    serial         INTEGER NOT NULL,
    state          TEXT    NOT NULL,
    pay            TEXT    NOT NULL,
    currency       TEXT    NOT NULL,
    total_fen      INTEGER NOT NULL,
    paid_fen       INTEGER NOT NULL,
    refund_due_fen INTEGER NOT NULL,
    refunded_fen   INTEGER NOT NULL,
    shares         INTEGER NOT NULL,
    via_chat       TEXT    NOT NULL,
    via_leader     TEXT    NOT NULL,
    placed_by      TEXT    NOT NULL,
    entered_by     TEXT    NOT NULL,
    payer          TEXT    NOT NULL,
    source         TEXT    NOT NULL,
    source_line    TEXT    NOT NULL,
    household      TEXT,
    point          TEXT    NOT NULL,
    address_box    BLOB,
    pay_due_at     INTEGER NOT NULL,
    last_command   TEXT    NOT NULL,
    last_via       TEXT    NOT NULL,
    last_at        INTEGER NOT NULL,
    last_said_at   INTEGER NOT NULL,
    undo_wants     TEXT    NOT NULL,
    undo_at        INTEGER NOT NULL,
    reason         TEXT    NOT NULL,
    pickup_code    TEXT,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    received_at    INTEGER NOT NULL,
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
CREATE INDEX orders_state ON orders (team, state, serial);
CREATE INDEX orders_pay_due ON orders (state, pay_due_at);

-- The items of an order.
CREATE TABLE order_lines (
    order_id       TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    pos            INTEGER NOT NULL,
    item           TEXT    NOT NULL,
    ordered        INTEGER NOT NULL,
    allocated      INTEGER NOT NULL,
    collected      INTEGER NOT NULL,
    refunded       INTEGER NOT NULL,
    unit_fen       INTEGER NOT NULL,
    final_unit_fen INTEGER NOT NULL,
    PRIMARY KEY (order_id, id),
    CONSTRAINT order_lines_counts CHECK (ordered >= 0 AND allocated >= 0 AND collected >= 0 AND refunded >= 0),
    CONSTRAINT order_lines_price CHECK (unit_fen >= 0 AND final_unit_fen >= 0)
) WITHOUT ROWID;

-- The steps by which the unit price of a line came about.
CREATE TABLE order_line_prices (
    order_id TEXT    NOT NULL,
    line     TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    step     TEXT    NOT NULL,
    unit_fen INTEGER NOT NULL,
    PRIMARY KEY (order_id, line, seq)
) WITHOUT ROWID;

-- What an order owes, by when.
CREATE TABLE order_dues (
    order_id   TEXT    NOT NULL,
    purpose    TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    amount_fen INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    PRIMARY KEY (order_id, purpose),
    CONSTRAINT order_dues_amount CHECK (amount_fen >= 0)
) WITHOUT ROWID;

-- Decided commands: the key that makes a repeat harmless, the answer, the words as typed, the trail.
CREATE TABLE order_events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    channel     TEXT    NOT NULL,
    account     TEXT    NOT NULL,
    message_key TEXT    NOT NULL,
    idx         INTEGER NOT NULL,
    hash        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    did         TEXT    NOT NULL,
    deal        TEXT    NOT NULL,
    team        TEXT    NOT NULL,
    order_id    TEXT    NOT NULL,
    by_account  TEXT    NOT NULL,
    chat        TEXT    NOT NULL,
    lang        TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    answer      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
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
