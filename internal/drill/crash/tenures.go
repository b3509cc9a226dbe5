//go:build unix

package crash

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// tenure is a time in which one gateway drove one row.
type tenure struct {
	Saga    string
	Epoch   int64
	Version int
	Owner   string
	// Steps is how often the gateway wrote the row, after it had made or taken it. Ended: the row was closed.
	Steps int
	Ended bool
}

// tenures are written down by the database itself at each change of a row, so that none is missed.
type tenures struct{ conn *pgx.Conn }

// notes is the trigger that writes them. A journal takes no notice of what else is in its database.
const notes = `
	CREATE TABLE drill_tenure (
		saga text, epoch bigint, version integer, owner text, steps integer, ended boolean, PRIMARY KEY (saga, epoch, version, owner)
	);
	CREATE FUNCTION drill_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO drill_tenure VALUES (NEW.saga_id, NEW.epoch, NEW.version, NEW.owner, 0, NEW.closed IS NOT NULL)
		ON CONFLICT (saga, epoch, version, owner) DO UPDATE SET steps = drill_tenure.steps + 1, ended = EXCLUDED.ended;
		RETURN NULL;
	END $$;
	CREATE TRIGGER drill_note AFTER INSERT OR UPDATE ON placement FOR EACH ROW EXECUTE FUNCTION drill_note();`

// noteTenures begins to write them down, in a journal whose tables are there.
func noteTenures(ctx context.Context, dsn string) (*tenures, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, notes, pgx.QueryExecModeSimpleProtocol)
	return &tenures{conn}, err
}

// read returns all, those of a row one after the other.
func (t *tenures) read(ctx context.Context) ([]tenure, error) {
	rows, err := t.conn.Query(ctx, `SELECT saga, epoch, version, owner, steps, ended FROM drill_tenure ORDER BY saga, epoch`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[tenure])
}

// leftovers are the open rows of a gateway that wait for no customer.
type leftovers struct {
	// older and newer count those of the two versions that there are.
	older, newer int
	// written counts those of the older one that the gateway has gone on with since it took them.
	written int
	// lapsed: the others may take the gateway for dead.
	lapsed bool
}

func (t *tenures) left(ctx context.Context, owner string) (l leftovers, err error) {
	err = t.conn.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE version < newest), count(*) FILTER (WHERE version = newest),
			count(*) FILTER (WHERE version < newest AND EXISTS (
				SELECT FROM drill_tenure t WHERE t.saga = saga_id AND t.epoch = p.epoch AND t.owner = $1 AND t.steps > 0)),
			NOT EXISTS (SELECT FROM gateway WHERE id = $1 AND lease > now())
		FROM placement p, (SELECT max(version) AS newest FROM placement) AS versions
		WHERE closed IS NULL AND due IS NULL AND owner = $1`, owner).Scan(&l.older, &l.newer, &l.written, &l.lapsed)
	return l, err
}

func (t *tenures) close() error { return t.conn.Close(context.Background()) }
