-- Since when we cannot speak in a chat any more.
-- +goose Up
ALTER TABLE chats ADD COLUMN gone_at bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE chats DROP COLUMN gone_at;
