-- One person, several identities; chats that we cannot speak in any more.
-- +goose Up
ALTER TABLE account_links ADD COLUMN linked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN gone_at INTEGER NOT NULL DEFAULT 0;

-- One-time codes by which somebody shows on another channel who they are: the keyed hash only.
CREATE TABLE link_codes (
    account    TEXT    NOT NULL DEFAULT '',
    hash       TEXT    NOT NULL DEFAULT '',
    channel    TEXT    NOT NULL DEFAULT '',
    external   TEXT    NOT NULL DEFAULT '',
    expires_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account)
) WITHOUT ROWID;
CREATE INDEX link_codes_hash ON link_codes (hash);

-- What a platform family calls the person behind an identity; apart: the person took this identity out.
CREATE TABLE identity_unions (
    channel   TEXT    NOT NULL DEFAULT '',
    external  TEXT    NOT NULL DEFAULT '',
    union_key TEXT    NOT NULL DEFAULT '',
    apart     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, external)
) WITHOUT ROWID;
CREATE INDEX identity_unions_key ON identity_unions (union_key);

-- +goose Down
DROP TABLE identity_unions;
DROP TABLE link_codes;
ALTER TABLE chats DROP COLUMN gone_at;
ALTER TABLE account_links DROP COLUMN linked_at;
