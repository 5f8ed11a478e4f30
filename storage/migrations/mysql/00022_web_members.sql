-- +goose Up
CREATE TABLE web_members (
    room      varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    person    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    role      varchar(16) NOT NULL,
    read_seq  bigint NOT NULL DEFAULT 0,
    joined_at bigint NOT NULL,
    PRIMARY KEY (room, person),
    KEY web_members_person (person),
    CONSTRAINT web_members_room_fk FOREIGN KEY (room) REFERENCES web_rooms (id),
    CONSTRAINT web_members_person_fk FOREIGN KEY (person) REFERENCES web_people (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE web_members;
