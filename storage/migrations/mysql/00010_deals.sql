-- Offers. What is searched, scheduled or guarded has a column; the rest of what the leader set is in terms.
-- +goose Up
CREATE TABLE deals (
    id           varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    community    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    code         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    currency     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    kind         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    state        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    pay          varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    opens_at     bigint NOT NULL DEFAULT 0,
    deadline_at  bigint NOT NULL DEFAULT 0,
    terms        mediumtext NOT NULL DEFAULT (''),
    opened_by    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    next_serial  bigint NOT NULL DEFAULT 0,
    version      bigint NOT NULL DEFAULT 0,
    edition      bigint NOT NULL DEFAULT 0,
    next_team    bigint NOT NULL DEFAULT 0,
    open_teams   bigint NOT NULL DEFAULT 0,
    formed_teams bigint NOT NULL DEFAULT 0,
    waiting      bigint NOT NULL DEFAULT 0,
    extended     tinyint(1) NOT NULL DEFAULT 0,
    reason       text NOT NULL DEFAULT (''),
    summaries    bigint NOT NULL DEFAULT 0,
    arrived_at   bigint NOT NULL DEFAULT 0,
    locked_at    bigint NOT NULL DEFAULT 0,
    created_at   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    UNIQUE KEY deals_code (code),
    KEY deals_community (community, created_at),
    KEY deals_opened_by (opened_by),
    KEY deals_opens (state, opens_at),
    KEY deals_deadline (state, deadline_at),
    KEY deals_summaries (state, summaries),
    CONSTRAINT deals_counts CHECK (next_serial >= 0 AND next_team >= 0 AND open_teams >= 0 AND formed_teams >= 0 AND waiting >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE deals;
