-- Offers. What is searched, scheduled or guarded has a column; the rest of what the leader set is in terms.
-- +goose Up
CREATE TABLE deals (
    id           varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    community    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    code         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency     varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind         varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state        varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    pay          varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    opens_at     bigint NOT NULL,
    deadline_at  bigint NOT NULL,
    terms        mediumtext NOT NULL,
    opened_by    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    next_serial  bigint NOT NULL,
    version      bigint NOT NULL,
    edition      bigint NOT NULL,
    next_team    bigint NOT NULL,
    open_teams   bigint NOT NULL,
    formed_teams bigint NOT NULL,
    waiting      bigint NOT NULL,
    extended     tinyint(1) NOT NULL,
    reason       text NOT NULL,
    summaries    bigint NOT NULL,
    arrived_at   bigint NOT NULL,
    locked_at    bigint NOT NULL,
    created_at   bigint NOT NULL,
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
