// pgx: go run . HOST PORT
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

var mode string

func step(name string, work func() (any, error)) {
	outcome, err := work()
	if err != nil {
		outcome = "error " + err.Error()
		var pg *pgconn.PgError
		if errors.As(err, &pg) {
			outcome = fmt.Sprintf("%s %s %s %d", pg.Code, pg.Message, pg.Detail, pg.Position)
		} else if errors.Is(err, context.DeadlineExceeded) {
			outcome = "deadline exceeded"
		}
	}
	fmt.Printf("pgx %s %s: %s\n", mode, name, strings.ReplaceAll(fmt.Sprint(outcome), "\n", " "))
}

func number(ctx context.Context, c *pgx.Conn, sql string) (any, error) {
	var found int
	err := c.QueryRow(ctx, sql).Scan(&found)
	return found, err
}

func main() {
	ctx := context.Background()
	url := fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=postgres sslmode=prefer", os.Args[1], os.Args[2], os.Getenv("PGUSER"), os.Getenv("PGPASSWORD"))
	for _, m := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		mode = strings.ReplaceAll(m.String(), " ", "-")
		config, err := pgx.ParseConfig(url)
		if err != nil {
			panic(err)
		}
		config.DefaultQueryExecMode = m
		var notices []string
		config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { notices = append(notices, n.Message) }
		c, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			panic(err)
		}
		step("types", func() (any, error) {
			var a int32
			var b string
			var d []int32
			var e *string
			err := c.QueryRow(ctx, "select $1::int, $2::text, '{1,2}'::int[], null::text", 7, "ü").Scan(&a, &b, &d, &e)
			return fmt.Sprint(a, b, d, e), err
		})
		step("transaction, savepoint", func() (any, error) {
			tx, err := c.Begin(ctx)
			if err != nil {
				return nil, err
			}
			if _, err = tx.Exec(ctx, "create temp table t(x int primary key, y text)"); err != nil {
				return nil, err
			}
			inner, _ := tx.Begin(ctx)
			_, bad := inner.Exec(ctx, "select 1/0")
			_ = inner.Rollback(ctx)
			return bad.Error(), tx.Commit(ctx)
		})
		step("batch", func() (any, error) {
			batch := &pgx.Batch{}
			for n := 0; n < 100; n++ {
				batch.Queue("insert into t values ($1, $2)", n, fmt.Sprint(n))
			}
			batch.Queue("select count(*) from t")
			results := c.SendBatch(ctx, batch)
			defer results.Close()
			for n := 0; n < 100; n++ {
				if _, err := results.Exec(); err != nil {
					return nil, err
				}
			}
			var count int
			err := results.QueryRow().Scan(&count)
			return count, err
		})
		step("batch with a failure", func() (any, error) {
			batch := &pgx.Batch{}
			batch.Queue("insert into t values (1000, 'x')")
			batch.Queue("insert into t values (1, 'x')")
			batch.Queue("insert into t values (1001, 'x')")
			return nil, c.SendBatch(ctx, batch).Close()
		})
		step("after the failed batch", func() (any, error) {
			return number(ctx, c, "select count(*) from t where x >= 1000")
		})
		step("copy", func() (any, error) {
			rows := [][]any{}
			for n := 2000; n < 12000; n++ {
				rows = append(rows, []any{int32(n), fmt.Sprint(n)})
			}
			n, err := c.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"x", "y"}, pgx.CopyFromRows(rows))
			if err != nil {
				return nil, err
			}
			hash := sha256.New()
			tag, err := c.PgConn().CopyTo(ctx, hash, "copy (select * from t order by x) to stdout")
			return fmt.Sprint(n, tag, hex.EncodeToString(hash.Sum(nil)[:8])), err
		})
		step("large result", func() (any, error) {
			rows, err := c.Query(ctx, "select n, md5(n::text) from generate_series(1, 100000) n")
			if err != nil {
				return nil, err
			}
			hash := sha256.New()
			for rows.Next() {
				var n int32
				var m string
				if err := rows.Scan(&n, &m); err != nil {
					return nil, err
				}
				hash.Write([]byte(m))
			}
			return hex.EncodeToString(hash.Sum(nil)[:8]), rows.Err()
		})
		step("notices", func() (any, error) {
			_, err := c.Exec(ctx, "do $$ begin raise notice 'n'; end $$")
			return notices, err
		})
		step("notify", func() (any, error) {
			if _, err := c.Exec(ctx, "listen g"); err != nil {
				return nil, err
			}
			if _, err := c.Exec(ctx, "notify g, 'p'"); err != nil {
				return nil, err
			}
			n, err := c.WaitForNotification(ctx)
			if err != nil {
				return nil, err
			}
			return fmt.Sprint(n.Channel, n.Payload, n.PID == c.PgConn().PID()), nil
		})
		step("unique violation", func() (any, error) { return c.Exec(ctx, "insert into t values ($1, 'z')", 1) })
		step("syntax error", func() (any, error) { return c.Exec(ctx, "selekt 1") })
		step("cancel request", func() (any, error) {
			go func() {
				time.Sleep(300 * time.Millisecond)
				_ = c.PgConn().CancelRequest(ctx)
			}()
			return c.Exec(ctx, "select pg_sleep(20)")
		})
		step("usable after cancel", func() (any, error) {
			return number(ctx, c, "select 1 where true")
		})
		step("deadline", func() (any, error) {
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			return c.Exec(short, "select pg_sleep(20)")
		})
		_ = c.Close(ctx)
	}
	mode = "pool"
	pool, err := pgxpool.New(ctx, url+" pool_max_conns=4")
	if err != nil {
		panic(err)
	}
	step("hundred at once", func() (any, error) {
		done := make(chan error, 100)
		for n := 0; n < 100; n++ {
			go func() {
				var m int
				err := pool.QueryRow(ctx, "select $1::int", n).Scan(&m)
				if err == nil && m != n {
					err = fmt.Errorf("%d for %d", m, n)
				}
				done <- err
			}()
		}
		for n := 0; n < 100; n++ {
			if err := <-done; err != nil {
				return nil, err
			}
		}
		return "all", nil
	})
	pool.Close()
}
