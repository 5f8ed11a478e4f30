-- +goose Up
CREATE TABLE web_rooms (
    id           varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    kind         varchar(16) NOT NULL CHECK (kind IN ('private', 'group')),
    title        varchar(191) NOT NULL,
    owner        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    last_seq     bigint NOT NULL DEFAULT 0,
    last_change  bigint NOT NULL DEFAULT 0,
    last_shown   bigint NOT NULL DEFAULT 0,
    invite_epoch bigint NOT NULL DEFAULT 1,
    created_at   bigint NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE web_rooms;
