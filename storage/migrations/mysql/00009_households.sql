-- Homes: found by a blind index, the room is encrypted.
-- +goose Up
CREATE TABLE households (
    id        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    community varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    building  varchar(190) NOT NULL DEFAULT '',
    blind     varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    room_box  blob NULL,
    PRIMARY KEY (id),
    UNIQUE KEY households_blind (community, blind)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE households;
