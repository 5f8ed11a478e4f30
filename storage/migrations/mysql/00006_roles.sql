-- What a person may do and where.
-- +goose Up
CREATE TABLE roles (
    community  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    account    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    name       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    scope      varchar(190) NOT NULL DEFAULT '',
    granted_by varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    granted_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (community, account, name, scope),
    KEY roles_account (account)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE roles;
