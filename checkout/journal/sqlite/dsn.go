package sqlite

import (
	"database/sql/driver"
	"net/url"

	"modernc.org/sqlite"
)

// writerDSN makes each connection safe before it is used, also one that replaces another.
func writerDSN(path string) string {
	return dsn(path,
		"busy_timeout(5000)",  // an operator's sqlite3 may hold the file for a moment
		"journal_mode(WAL)",   // readers do not wait for the writer, and a commit is one write and one sync
		"synchronous(FULL)",   // each commit is synced: an acknowledged decision outlives a power cut
		"secure_delete(ON)",   // what is erased is overwritten
		"cell_size_check(ON)", // a broken page is found when it is read, not when it has broken others
		"temp_store(MEMORY)",  // no copy of a row in a temporary file
	)
}

func readerDSN(path string) string {
	return dsn(path, "busy_timeout(5000)", "query_only(ON)", "temp_store(MEMORY)")
}

// dsn is a URI, so that no character of the path is taken for a parameter (https://www.sqlite.org/uri.html).
func dsn(path string, pragmas ...string) string {
	query := url.Values{
		"_txlock": {"immediate"}, // a transaction that will write says so first, else it can fail half way
		"_pragma": pragmas,
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}

func newConnector(dsn string) (driver.Connector, error) { return sqlite.NewConnector(dsn) }
