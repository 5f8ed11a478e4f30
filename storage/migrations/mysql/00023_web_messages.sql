-- +goose Up
CREATE TABLE web_messages (
    id          varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    room        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    seq         bigint NOT NULL,
    change_seq  bigint NOT NULL,
    pos         bigint NOT NULL,
    author      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind        varchar(16) NOT NULL,
    body        mediumtext NOT NULL,
    hash        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reply_to    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pressed     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    hidden      tinyint(1) NOT NULL,
    living      tinyint(1) NOT NULL,
    version     bigint NOT NULL,
    handled_at  bigint NOT NULL,
    lease_until bigint NOT NULL,
    attempts    bigint NOT NULL,
    created_at  bigint NOT NULL,
    changed_at  bigint NOT NULL,
    UNIQUE KEY web_messages_seq (room, seq),
    UNIQUE KEY web_messages_change (room, change_seq),
    KEY web_messages_waiting (handled_at, lease_until),
    KEY web_messages_author (author, handled_at, pos),
    KEY web_messages_living (room, living, change_seq),
    CONSTRAINT web_messages_room_fk FOREIGN KEY (room) REFERENCES web_rooms (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE web_messages;
