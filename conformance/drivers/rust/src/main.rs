// tokio-postgres: cargo run -- HOST PORT
use bytes::Bytes;
use futures_util::{future::join_all, pin_mut, SinkExt, StreamExt, TryStreamExt};
use std::{env, fmt::Debug, time::Duration};
use tokio_postgres::{AsyncMessage, Client, Error, NoTls};

fn said<T: Debug>(name: &str, outcome: Result<T, Error>) {
    let text = match outcome {
        Ok(value) => format!("{value:?}"),
        Err(error) => match error.as_db_error() {
            Some(db) => format!("error {} {} {:?} {:?}", db.code().code(), db.message(), db.detail(), db.position()),
            None => format!("error {error}"),
        },
    };
    println!("tokio-postgres {name}: {}", text.replace('\n', " "));
}

async fn rows(c: &Client, sql: &str) -> Result<usize, Error> {
    Ok(c.query(sql, &[]).await?.len())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let args: Vec<String> = env::args().collect();
    let login = format!(
        "host={} port={} user={} password={} dbname=postgres",
        args[1], args[2], env::var("PGUSER").unwrap(), env::var("PGPASSWORD").unwrap()
    );
    let (mut c, mut connection) = tokio_postgres::connect(&login, NoTls).await?;
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut stream = futures_util::stream::poll_fn(move |cx| connection.poll_message(cx));
        while let Some(Ok(message)) = stream.next().await {
            if let AsyncMessage::Notification(n) = message {
                let _ = tell.send((n.channel().to_owned(), n.payload().to_owned()));
            }
        }
    });
    let one = c.query_one("select $1::int4, $2::text, null::text, true, '{1,2}'::int4[]", &[&7i32, &"ü"]).await;
    said("types", one.map(|r| (r.get::<_, i32>(0), r.get::<_, String>(1), r.get::<_, Option<String>>(2), r.get::<_, bool>(3), r.get::<_, Vec<i32>>(4))));
    said("several statements", c.simple_query("create temp table t(x int primary key, y text); select 1; select 2").await.map(|m| m.len()));
    let insert = c.prepare("insert into t values ($1, $2)").await?;
    let all = join_all((0..200i32).map(|n| { let (c, insert) = (&c, &insert); async move { c.execute(insert, &[&n, &"y"]).await } })).await;
    said("two hundred, pipelined", all.into_iter().collect::<Result<Vec<_>, _>>().map(|v| v.len()));
    said("unique violation", c.execute(&insert, &[&1i32, &"z"]).await);
    said("syntax error", rows(&c, "selekt 1").await);
    {
        let mut tx = c.transaction().await?;
        {
            let inner = tx.savepoint("s").await?;
            said("in a savepoint", inner.query("select 1/0", &[]).await.map(|r| r.len()));
            inner.rollback().await?;
        }
        let portal = tx.bind("select n from generate_series(1, 1000) n", &[]).await?;
        let mut sizes = vec![];
        loop {
            let part = tx.query_portal(&portal, 300).await?;
            sizes.push(part.len());
            if part.len() < 300 { break }
        }
        println!("tokio-postgres portal, by 300: {sizes:?}");
        tx.execute("insert into t values (900, 'kept')", &[]).await?;
        said("commit", tx.commit().await);
    }
    let sink = c.copy_in::<_, Bytes>("copy t from stdin").await?;
    pin_mut!(sink);
    for n in 1000..5000 { sink.send(Bytes::from(format!("{n}\tcopied\n"))).await?; }
    said("copy in", sink.finish().await);
    let out: Vec<Bytes> = c.copy_out("copy (select * from t order by x) to stdout").await?.try_collect().await?;
    println!("tokio-postgres copy out: {:?}", out.iter().map(|b| b.len()).sum::<usize>());
    said("copy refused", async { let sink = c.copy_in::<_, Bytes>("copy t from stdin").await?; pin_mut!(sink); sink.send(Bytes::from("word\n")).await?; sink.finish().await }.await);
    said("large result", rows(&c, "select n, md5(n::text) from generate_series(1, 100000) n").await);
    c.batch_execute("listen r; notify r, 'p'").await?;
    println!("tokio-postgres notify: {:?}", tokio::time::timeout(Duration::from_secs(10), heard.recv()).await);
    let cancel = c.cancel_token();
    tokio::spawn(async move { tokio::time::sleep(Duration::from_millis(300)).await; let _ = cancel.cancel_query(NoTls).await; });
    said("cancel", rows(&c, "select pg_sleep(20)").await);
    said("usable after cancel", rows(&c, "select 1").await);
    Ok(())
}
