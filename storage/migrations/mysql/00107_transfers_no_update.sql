-- The ledger is append-only: a mistake is corrected by the reverse posting.
-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the ledger is append-only';
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER transfers_no_update;
