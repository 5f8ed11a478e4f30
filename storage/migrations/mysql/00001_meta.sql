-- Small facts about this database, such as the epoch that every Redis key carries.
-- +goose Up
CREATE TABLE meta (
    name varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    val  varchar(190) NOT NULL DEFAULT '',
    PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE meta;
