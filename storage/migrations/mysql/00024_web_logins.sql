-- +goose Up
CREATE TABLE web_logins (
    hash       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    kind       varchar(16) NOT NULL,
    person     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    KEY web_logins_person (person, kind),
    CONSTRAINT web_logins_person_fk FOREIGN KEY (person) REFERENCES web_people (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE web_logins;
