package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	gosqlite "github.com/glebarez/go-sqlite"
	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"tuanbot/domain"
)

// Numbers of MySQL and MariaDB, and result codes of SQLite, that mean something to us.
const (
	myDuplicate      = 1062
	myLockWait       = 1205
	myDeadlock       = 1213
	myChanged        = 1020 // a row changed since it was read; MariaDB 11.6 and later
	myCheck          = 3819
	mariaCheck       = 4025
	liteBusy         = 5
	liteLocked       = 6
	liteUnique       = 2067
	litePrimary      = 1555
	liteRowID        = 2579
	liteCheck        = 275
	liteExtendedMask = 0xff
)

// translate adds the domain's name to an error that callers tell apart, and keeps the original for logs.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var my *mysql.MySQLError
	var lite *gosqlite.Error
	var kind error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		kind = domain.ErrNotFound
	case errors.As(err, &my):
		kind = mysqlKind(my.Number)
	case errors.As(err, &lite):
		kind = sqliteKind(lite.Code())
	}
	if kind == nil {
		return err
	}
	return fmt.Errorf("%w: %w", kind, err)
}

func mysqlKind(number uint16) error {
	switch number {
	case myDuplicate:
		return domain.ErrDuplicate
	case myCheck, mariaCheck:
		return domain.ErrGuard
	}
	return nil
}

func sqliteKind(code int) error {
	switch code {
	case liteUnique, litePrimary, liteRowID:
		return domain.ErrDuplicate
	case liteCheck:
		return domain.ErrGuard
	}
	return nil
}

// isPassing reports whether the same transaction may well succeed when it is run again from its start.
func isPassing(err error) bool {
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == myDeadlock || my.Number == myLockWait || my.Number == myChanged
	}
	if lite, ok := errors.AsType[*gosqlite.Error](err); ok {
		code := lite.Code() & liteExtendedMask
		return code == liteBusy || code == liteLocked
	}
	return false
}

// isAway reports whether the database could not be reached or stopped answering.
func isAway(err error) bool {
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, sql.ErrTxDone) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &network) || isShutdown(err)
}

// isShutdown reports whether the server said goodbye: shutting down, too many connections, killed.
func isShutdown(err error) bool {
	var my *mysql.MySQLError
	if !errors.As(err, &my) {
		return false
	}
	switch my.Number {
	case 1040, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1203, 1317, 1927, 4031:
		return true
	}
	return false
}
