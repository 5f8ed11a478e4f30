-- +goose Up
CREATE TABLE web_sessions (
    hash       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    person     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    epoch      bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    KEY web_sessions_person (person),
    KEY web_sessions_expires (expires_at),
    CONSTRAINT web_sessions_person_fk FOREIGN KEY (person) REFERENCES web_people (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE web_sessions;
