-- Communities, people, chats, pickup points and homes. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
-- Small facts about this database, such as the epoch that every Redis key carries.
CREATE TABLE meta (
    name TEXT    NOT NULL DEFAULT '',
    val  TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (name)
) WITHOUT ROWID;

-- Neighbourhoods: zone, language, currency and quiet hours.
CREATE TABLE communities (
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL DEFAULT '',
    zone       TEXT    NOT NULL DEFAULT '',
    lang       TEXT    NOT NULL DEFAULT '',
    currency   TEXT    NOT NULL DEFAULT '',
    quiet_from INTEGER NOT NULL DEFAULT 0,
    quiet_to   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);

-- People.
CREATE TABLE accounts (
    id         TEXT    NOT NULL,
    community  TEXT    NOT NULL DEFAULT '',
    kind       TEXT    NOT NULL DEFAULT '',
    name       TEXT    NOT NULL DEFAULT '',
    lang       TEXT    NOT NULL DEFAULT '',
    household  TEXT    NOT NULL DEFAULT '',
    point      TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);
CREATE INDEX accounts_community ON accounts (community);

-- One account is now spoken of by another: a redirect, nothing is rewritten.
CREATE TABLE account_links (
    from_id TEXT    NOT NULL DEFAULT '',
    to_id   TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (from_id),
    CONSTRAINT account_links_self CHECK (from_id <> to_id)
) WITHOUT ROWID;
CREATE INDEX account_links_to ON account_links (to_id);

-- Who a person is on a channel.
CREATE TABLE identities (
    channel  TEXT    NOT NULL DEFAULT '',
    external TEXT    NOT NULL DEFAULT '',
    account  TEXT    NOT NULL DEFAULT '',
    seen_at  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, external)
) WITHOUT ROWID;
CREATE INDEX identities_account ON identities (account);

-- What a person may do and where.
CREATE TABLE roles (
    community  TEXT    NOT NULL DEFAULT '',
    account    TEXT    NOT NULL DEFAULT '',
    name       TEXT    NOT NULL DEFAULT '',
    scope      TEXT    NOT NULL DEFAULT '',
    granted_by TEXT    NOT NULL DEFAULT '',
    granted_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (community, account, name, scope)
) WITHOUT ROWID;
CREATE INDEX roles_account ON roles (account);

-- Conversations that we take part in.
CREATE TABLE chats (
    id         TEXT    NOT NULL,
    community  TEXT    NOT NULL DEFAULT '',
    channel    TEXT    NOT NULL DEFAULT '',
    external   TEXT    NOT NULL DEFAULT '',
    is_group   INTEGER NOT NULL DEFAULT 0,
    title      TEXT    NOT NULL DEFAULT '',
    noise      TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT chats_external UNIQUE (channel, external)
);
CREATE INDEX chats_community ON chats (community);

-- Pickup points.
CREATE TABLE points (
    id         TEXT    NOT NULL,
    community  TEXT    NOT NULL DEFAULT '',
    name       TEXT    NOT NULL DEFAULT '',
    hours      TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);
CREATE INDEX points_community ON points (community);

-- Homes: found by a blind index, the room is encrypted.
CREATE TABLE households (
    id        TEXT    NOT NULL,
    community TEXT    NOT NULL DEFAULT '',
    building  TEXT    NOT NULL DEFAULT '',
    blind     TEXT    NOT NULL DEFAULT '',
    room_box  BLOB,
    PRIMARY KEY (id),
    CONSTRAINT households_blind UNIQUE (community, blind)
);

-- +goose Down
DROP TABLE households;
DROP TABLE points;
DROP TABLE chats;
DROP TABLE roles;
DROP TABLE identities;
DROP TABLE account_links;
DROP TABLE accounts;
DROP TABLE communities;
DROP TABLE meta;
