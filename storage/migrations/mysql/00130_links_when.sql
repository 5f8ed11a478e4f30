-- When accounts were linked.
-- +goose Up
ALTER TABLE account_links ADD COLUMN linked_at bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE account_links DROP COLUMN linked_at;
