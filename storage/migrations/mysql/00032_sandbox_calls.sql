-- Callbacks of the sandbox gateway, delivered until they are taken.
-- +goose Up
CREATE TABLE sandbox_calls (
    id           varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    trade        varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind         varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    body         text NOT NULL,
    due_at       bigint NOT NULL,
    attempts     bigint NOT NULL,
    created_at   bigint NOT NULL,
    delivered_at bigint NOT NULL,
    KEY sandbox_calls_due (delivered_at, due_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE sandbox_calls;
