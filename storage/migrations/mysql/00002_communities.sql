-- Neighbourhoods: zone, language, currency and quiet hours.
-- +goose Up
CREATE TABLE communities (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name       text NOT NULL,
    zone       varchar(190) NOT NULL,
    lang       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency   varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    quiet_from bigint NOT NULL,
    quiet_to   bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE communities;
