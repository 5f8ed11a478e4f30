-- What a platform family calls the person behind an identity; apart: the person took this identity out.
-- +goose Up
CREATE TABLE identity_unions (
    channel   varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    external  varchar(190) NOT NULL DEFAULT '',
    union_key varchar(190) NOT NULL DEFAULT '',
    apart     tinyint(1) NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, external),
    KEY identity_unions_key (union_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE identity_unions;
