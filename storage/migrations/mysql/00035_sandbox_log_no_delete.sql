-- The sandbox gateway's journal is append-only, so that it can be a witness.
-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER sandbox_log_no_delete BEFORE DELETE ON sandbox_log FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the journal is append-only';
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER sandbox_log_no_delete;
