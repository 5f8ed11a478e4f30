-- +goose Up
CREATE TABLE web_people (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    name       varchar(191) NOT NULL,
    lang       varchar(8) NOT NULL,
    epoch      bigint NOT NULL,
    last_pos   bigint NOT NULL DEFAULT 0,
    is_new     tinyint(1) NOT NULL,
    elder      tinyint(1) NOT NULL,
    sample     tinyint(1) NOT NULL,
    created_at bigint NOT NULL,
    gone_at    bigint NOT NULL DEFAULT 0,
    KEY web_people_sample (sample, created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE web_people;
