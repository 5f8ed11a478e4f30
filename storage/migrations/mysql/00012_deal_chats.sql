-- The chats a deal is posted to, each with its leader and its living card.
-- +goose Up
CREATE TABLE deal_chats (
    deal       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    chat       varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    leader     varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    commission bigint NOT NULL DEFAULT 0,
    card_msg   varchar(190) NOT NULL DEFAULT '',
    noise      varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    created_at bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (deal, chat),
    KEY deal_chats_chat (chat),
    KEY deal_chats_leader (leader),
    CONSTRAINT deal_chats_deal_fk FOREIGN KEY (deal) REFERENCES deals (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE deal_chats;
