-- Conversations that we take part in.
-- +goose Up
CREATE TABLE chats (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    community  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    channel    varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    external   varchar(190) NOT NULL,
    is_group   tinyint(1) NOT NULL,
    title      text NOT NULL,
    noise      varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY chats_external (channel, external),
    KEY chats_community (community)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE chats;
