-- The built-in web chat: people, rooms, messages, links and sessions. Times are milliseconds UTC, 0 = not yet.
-- +goose Up
CREATE TABLE web_people (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    lang       TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    last_pos   INTEGER NOT NULL DEFAULT 0,
    is_new     INTEGER NOT NULL,
    elder      INTEGER NOT NULL,
    sample     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    gone_at    INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE web_rooms (
    id           TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL CHECK (kind IN ('private', 'group')),
    title        TEXT    NOT NULL,
    owner        TEXT    NOT NULL,
    last_seq     INTEGER NOT NULL DEFAULT 0,
    last_change  INTEGER NOT NULL DEFAULT 0,
    last_shown   INTEGER NOT NULL DEFAULT 0,
    invite_epoch INTEGER NOT NULL DEFAULT 1,
    created_at   INTEGER NOT NULL
);
CREATE TABLE web_members (
    room      TEXT    NOT NULL REFERENCES web_rooms (id),
    person    TEXT    NOT NULL REFERENCES web_people (id),
    role      TEXT    NOT NULL,
    read_seq  INTEGER NOT NULL DEFAULT 0,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (room, person)
);
CREATE INDEX web_members_person ON web_members (person);
CREATE TABLE web_messages (
    id          TEXT    NOT NULL PRIMARY KEY,
    room        TEXT    NOT NULL REFERENCES web_rooms (id),
    seq         INTEGER NOT NULL,
    change_seq  INTEGER NOT NULL,
    pos         INTEGER NOT NULL,
    author      TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    reply_to    TEXT    NOT NULL,
    pressed     TEXT    NOT NULL,
    hidden      INTEGER NOT NULL,
    living      INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    handled_at  INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    UNIQUE (room, seq),
    UNIQUE (room, change_seq)
);
CREATE INDEX web_messages_waiting ON web_messages (handled_at, lease_until);
CREATE INDEX web_messages_author ON web_messages (author, handled_at, pos);
CREATE INDEX web_messages_living ON web_messages (room, living, change_seq);
CREATE TABLE web_logins (
    hash       TEXT    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    person     TEXT    NOT NULL REFERENCES web_people (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX web_logins_person ON web_logins (person, kind);
CREATE TABLE web_sessions (
    hash       TEXT    NOT NULL PRIMARY KEY,
    person     TEXT    NOT NULL REFERENCES web_people (id),
    epoch      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX web_sessions_person ON web_sessions (person);
CREATE INDEX web_sessions_expires ON web_sessions (expires_at);

-- +goose Down
DROP TABLE web_sessions;
DROP TABLE web_logins;
DROP TABLE web_messages;
DROP TABLE web_members;
DROP TABLE web_rooms;
DROP TABLE web_people;
