-- What a person may do and where.
-- +goose Up
CREATE TABLE roles (
    community  varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    account    varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name       varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    scope      varchar(190) NOT NULL,
    granted_by varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    granted_at bigint NOT NULL,
    PRIMARY KEY (community, account, name, scope),
    KEY roles_account (account)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE roles;
