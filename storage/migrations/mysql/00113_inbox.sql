-- Updates that were acknowledged before they were handled.
-- +goose Up
CREATE TABLE inbox (
    source      varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    event_key   varchar(190) NOT NULL DEFAULT '',
    body        mediumtext NOT NULL DEFAULT (''),
    due_at      bigint NOT NULL DEFAULT 0,
    attempts    bigint NOT NULL DEFAULT 0,
    owner       varchar(190) NOT NULL DEFAULT '',
    fence       bigint NOT NULL DEFAULT 0,
    done        tinyint(1) NOT NULL DEFAULT 0,
    last_reason text NOT NULL DEFAULT (''),
    created_at  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (source, event_key),
    KEY inbox_due (done, due_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE inbox;
