-- Pickup points.
-- +goose Up
CREATE TABLE points (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    community  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    name       text NOT NULL DEFAULT (''),
    hours      text NOT NULL DEFAULT (''),
    created_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    KEY points_community (community)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE points;
