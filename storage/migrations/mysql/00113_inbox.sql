-- Updates that were acknowledged before they were handled.
-- +goose Up
CREATE TABLE inbox (
    source      varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    event_key   varchar(190) NOT NULL,
    body        mediumtext NOT NULL,
    due_at      bigint NOT NULL,
    attempts    bigint NOT NULL,
    owner       varchar(190) NOT NULL,
    fence       bigint NOT NULL,
    done        tinyint(1) NOT NULL,
    last_reason text NOT NULL,
    created_at  bigint NOT NULL,
    PRIMARY KEY (source, event_key),
    KEY inbox_due (done, due_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE inbox;
