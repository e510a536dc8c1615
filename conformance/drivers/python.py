# psycopg 3, psycopg2 and asyncpg: python python.py HOST PORT
import asyncio, hashlib, io, json, os, sys, threading

import asyncpg, psycopg, psycopg2, psycopg2.extras

HOST, PORT = sys.argv[1], int(sys.argv[2])
USER, PASSWORD = os.environ["PGUSER"], os.environ["PGPASSWORD"]
LARGE = "select n, md5(n::text) as m from generate_series(1, 200000) n"
login = dict(host=HOST, port=PORT, user=USER, password=PASSWORD, dbname="postgres")


def said(name, outcome):
    print(f"{name}: {json.dumps(outcome, default=str)}".replace("\n", " "), flush=True)


def step(name):
    def now(work):
        try:
            outcome = work()
        except Exception as error:  # an error is an outcome like any other
            state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
            outcome = f"{type(error).__name__} {state} {error}"
        said(name, outcome)
    return now


def digest(rows):
    return hashlib.sha256(",".join(str(row) for row in rows).encode()).hexdigest()[:16]


conn = psycopg.connect(**login, autocommit=True)
notices = []
conn.add_notice_handler(lambda d: notices.append((d.severity, d.message_primary)))

for binary in (False, True):
    @step(f"psycopg types, binary={binary}")
    def _():
        cur = conn.cursor(binary=binary)
        cur.execute("select %s::int, %s::text, %s::numeric, %s::jsonb, now() > '2020-01-01', '{1,2}'::int[], null", (1, "ü", "1.50", "{}"))
        return cur.fetchall(), [(c.name, c.type_code) for c in cur.description]


@step("psycopg prepared")
def _():
    conn.execute("create temp table t(x int primary key, y text)")
    with conn.cursor() as cur:
        cur.executemany("insert into t values (%s, %s)", [(n, str(n)) for n in range(1000)])
        return cur.rowcount, conn.execute("select count(*) from t", prepare=True).fetchall()


@step("psycopg executemany returning")
def _():
    with conn.cursor() as cur:
        cur.executemany("insert into t values (%s, 'x') returning x", [(2000,), (2001,)], returning=True)
        found = []
        while True:
            found += cur.fetchall()
            if not cur.nextset():
                return found


@step("psycopg transaction, savepoint")
def _():
    with conn.transaction():
        conn.execute("insert into t values (3000)")
        try:
            with conn.transaction():
                conn.execute("insert into t values (3000)")
        except psycopg.errors.UniqueViolation as error:
            return error.sqlstate, error.diag.constraint_name, conn.execute("select count(*) from t").fetchone()


@step("psycopg pipeline")
def _():
    with conn.pipeline():
        cursors = [conn.execute("select %s::int", (n,)) for n in range(50)]
        return digest(cur.fetchone()[0] for cur in cursors)


@step("psycopg pipeline, aborted")
def _():
    with conn.pipeline():
        conn.execute("select 1")
        conn.execute("select 1/0")
        conn.execute("insert into t values (9999)")


@step("psycopg after an aborted pipeline")
def _():
    return conn.execute("select count(*) from t where x = 9999").fetchone()


for form in ("", " (format binary)"):
    @step(f"psycopg copy{form}")
    def _():
        with conn.cursor() as cur:
            with cur.copy(f"copy t from stdin{form}") as copy:
                if form:
                    copy.set_types(["int4", "text"])
                base = 100000 if form else 200000
                for n in range(20000):
                    copy.write_row((base + n, f"row {n}"))
            hashed = hashlib.sha256()
            with cur.copy(f"copy (select * from t order by x) to stdout{form}") as copy:
                for chunk in copy:
                    hashed.update(chunk)
            return cur.rowcount, hashed.hexdigest()[:16]


@step("psycopg copy, left half-way")
def _():
    with conn.cursor() as cur:
        with cur.copy("copy t from stdin") as copy:
            copy.write_row((900000, "x"))
            raise ValueError("mine")


@step("psycopg server-side cursor")
def _():
    with conn.transaction():
        with conn.cursor("named") as cur:
            cur.itersize = 3000
            cur.execute(LARGE)
            return digest(row[1] for row in cur)


@step("psycopg stream, row by row")
def _():
    with conn.cursor() as cur:
        return digest(row[1] for row in cur.stream(LARGE))


@step("psycopg notices")
def _():
    conn.execute("do $$ begin raise warning 'w'; raise notice 'n'; end $$")
    return notices


@step("psycopg listen")
def _():
    conn.execute("listen ch")
    with psycopg.connect(**login, autocommit=True) as other:
        other.execute("select pg_notify('ch', 'p')")
    return [(n.channel, n.payload) for n in conn.notifies(timeout=10, stop_after=1)]


@step("psycopg cancel")
def _():
    threading.Timer(0.3, conn.cancel_safe).start()
    conn.execute("select pg_sleep(20)")


@step("psycopg usable after cancel")
def _():
    return conn.execute("select 1").fetchone(), conn.info.transaction_status.name, conn.info.encoding


@step("psycopg two-phase commit")
def _():
    with psycopg.connect(**login) as two:
        xid = two.xid(1, "gate", f"b{PORT}")
        two.tpc_begin(xid)
        two.execute("create temporary view v as select 1")
        two.tpc_rollback()
        return two.execute("select count(*) from pg_prepared_xacts where gid like %s", (f"%b{PORT}%",)).fetchone()


conn.close()

old = psycopg2.connect(**login)
cur = old.cursor()


@step("psycopg2 types")
def _():
    cur.execute("select %s, %s, %s, now() > '2020-01-01'", (1, "ü", [1, 2]))
    return cur.fetchall(), [(c.name, c.type_code) for c in cur.description]


@step("psycopg2 execute_values, copy_expert")
def _():
    cur.execute("create temp table t2(x int, y text)")
    psycopg2.extras.execute_values(cur, "insert into t2 values %s", [(n, "y") for n in range(500)])
    cur.copy_expert("copy t2 from stdin", io.StringIO("".join(f"{n}\tz\n" for n in range(1000))))
    out = io.StringIO()
    cur.copy_expert("copy (select * from t2 order by 1, 2) to stdout csv header", out)
    return cur.rowcount, digest([out.getvalue()])


@step("psycopg2 failed transaction")
def _():
    try:
        cur.execute("select 1/0")
    except psycopg2.Error as error:
        first = error.pgcode
    try:
        cur.execute("select 1")
    except psycopg2.Error as error:
        return first, error.pgcode, old.info.transaction_status


old.rollback()


@step("psycopg2 large object")
def _():
    large = old.lobject(0, "wb")
    large.write(b"x" * 100000)
    oid = large.oid
    large.close()
    large = old.lobject(oid, "rb")
    data = large.read()
    large.unlink()
    return len(data)


@step("psycopg2 cancel")
def _():
    threading.Timer(0.3, old.cancel).start()
    cur.execute("select pg_sleep(20)")


old.close()


async def modern():
    c = await asyncpg.connect(host=HOST, port=PORT, user=USER, password=PASSWORD, database="postgres")

    async def step(name, work):
        try:
            outcome = await work()
        except Exception as error:
            outcome = f"{type(error).__name__} {getattr(error, 'sqlstate', None)} {error}"
        said(name, outcome)

    async def types():
        row = await c.fetchrow("select $1::int, $2::text, $3::numeric, $4::timestamptz is null, $5::int[], '[1,3)'::int4range, 'x'::name", 1, "ü", 2, None, [1, None])
        return [str(value) for value in row]

    async def composite():
        await c.execute("drop type if exists conf_pair; create type conf_pair as (a int, b text)")
        return [tuple(r["p"]) for r in await c.fetch("select row(1,'x')::conf_pair as p")]

    async def copies():
        await c.execute("create temp table ta(x int, y text)")
        done = await c.copy_records_to_table("ta", records=[(n, str(n)) for n in range(20000)])
        out = io.BytesIO()
        got = await c.copy_from_query("select * from ta order by x", output=out, format="binary")
        return done, got, hashlib.sha256(out.getvalue()).hexdigest()[:16]

    async def many():
        return await c.executemany("insert into ta values ($1, $2)", [(n, "m") for n in range(1000)])

    async def cursor():
        async with c.transaction():
            return digest([row["m"] async for row in c.cursor(LARGE, prefetch=700)])

    async def nested():
        async with c.transaction():
            await c.execute("create temp table tn(x int)")
            try:
                async with c.transaction():
                    await c.execute("select 1/0")
            except asyncpg.DivisionByZeroError as error:
                return error.sqlstate, await c.fetchval("select count(*) from tn")

    async def listen():
        heard = asyncio.get_running_loop().create_future()
        await c.add_listener("ca", lambda con, pid, channel, payload: heard.done() or heard.set_result((channel, payload, pid == con.get_server_pid())))
        await c.execute("notify ca, 'pay'")
        return await asyncio.wait_for(heard, 10)

    async def late():
        try:
            await c.execute("select pg_sleep(20)", timeout=0.5)
        except asyncio.TimeoutError:
            return "TimeoutError", await c.fetchval("select 5")

    async def changed():
        await c.execute("create temp table tc(x int)")
        one = await c.prepare("select * from tc")
        await c.execute("alter table tc alter x type text")
        return await one.fetch()

    for name, work in dict(types=types, composite=composite, copies=copies, many=many, cursor=cursor, nested=nested, listen=listen, timeout=late, changed=changed).items():
        await step(f"asyncpg {name}", work)
    await c.close()
    pool = await asyncpg.create_pool(host=HOST, port=PORT, user=USER, password=PASSWORD, database="postgres", min_size=2, max_size=5)

    async def pooled():
        return digest(await asyncio.gather(*(pool.fetchval("select $1::int", n) for n in range(200))))

    await step("asyncpg pool with its reset", pooled)
    await pool.close()


asyncio.run(modern())
