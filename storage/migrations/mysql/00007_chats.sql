-- Conversations that we take part in.
-- +goose Up
CREATE TABLE chats (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    community  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    channel    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    external   varchar(190) NOT NULL DEFAULT '',
    is_group   tinyint(1) NOT NULL DEFAULT 0,
    title      text NOT NULL DEFAULT (''),
    noise      varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    created_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY chats_external (channel, external),
    KEY chats_community (community)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE chats;
