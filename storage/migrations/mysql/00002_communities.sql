-- Neighbourhoods: zone, language, currency and quiet hours.
-- +goose Up
CREATE TABLE communities (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name       text NOT NULL DEFAULT (''),
    zone       varchar(190) NOT NULL DEFAULT '',
    lang       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    currency   varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    quiet_from bigint NOT NULL DEFAULT 0,
    quiet_to   bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE communities;
