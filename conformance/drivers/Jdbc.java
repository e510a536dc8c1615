// pgjdbc: java -cp postgresql.jar Jdbc.java HOST PORT
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

public class Jdbc {
  interface Work { Object run() throws Exception; }

  static void step(String name, Work work) {
    Object outcome;
    try { outcome = work.run(); }
    catch (SQLException error) { outcome = error.getSQLState() + " " + error.getMessage(); }
    catch (Exception error) { outcome = error.toString(); }
    System.out.println("pgjdbc " + name + ": " + String.valueOf(outcome).replace('\n', ' '));
  }

  static String rows(ResultSet rows) throws SQLException {
    StringBuilder text = new StringBuilder();
    int columns = rows.getMetaData().getColumnCount();
    while (rows.next()) for (int i = 1; i <= columns; i++) text.append(rows.getString(i)).append(i == columns ? ";" : ",");
    return text.length() > 300 ? text.length() + " characters, hash " + text.toString().hashCode() : text.toString();
  }

  public static void main(String[] args) throws Exception {
    String address = "jdbc:postgresql://" + args[0] + ":" + args[1] + "/postgres";
    for (String mode : new String[] {"extended", "simple", "extendedForPrepared", "extendedCacheEverything"}) {
      Properties login = new Properties();
      login.put("user", System.getenv("PGUSER"));
      login.put("password", System.getenv("PGPASSWORD"));
      login.put("preferQueryMode", mode);
      try (Connection c = DriverManager.getConnection(address, login); Statement s = c.createStatement()) {
        step(mode + " types", () -> rows(s.executeQuery("select 1::int2, 2.5::float8, 'ü', true, '{1,2}'::int[], null, now() > '2020-01-01', '\\x00ff'::bytea, '{}'::jsonb")));
        step(mode + " prepared, ten times", () -> {
          s.execute("create temp table t(x int primary key, y text)");
          try (PreparedStatement p = c.prepareStatement("insert into t values (?, ?)")) {
            for (int n = 0; n < 10; n++) { p.setInt(1, n); p.setString(2, "y" + n); p.executeUpdate(); }
          }
          return rows(s.executeQuery("select * from t order by x"));
        });
        step(mode + " batch", () -> {
          try (PreparedStatement p = c.prepareStatement("insert into t values (?, 'b')")) {
            for (int n = 100; n < 1100; n++) { p.setInt(1, n); p.addBatch(); }
            return Arrays.stream(p.executeBatch()).sum();
          }
        });
        step(mode + " batch with a failure", () -> {
          try (PreparedStatement p = c.prepareStatement("insert into t values (?, 'c')")) {
            for (int n : new int[] {5000, 1, 5001}) { p.setInt(1, n); p.addBatch(); }
            return Arrays.toString(p.executeBatch());
          } catch (BatchUpdateException error) { return error.getSQLState() + " " + Arrays.toString(error.getUpdateCounts()); }
        });
        step(mode + " generated keys", () -> {
          s.execute("create temp table g(id serial, y text)");
          s.executeUpdate("insert into g(y) values ('a'), ('b')", Statement.RETURN_GENERATED_KEYS);
          return rows(s.getGeneratedKeys());
        });
        step(mode + " fetch size in a transaction", () -> {
          c.setAutoCommit(false);
          try (Statement f = c.createStatement()) {
            f.setFetchSize(900);
            return rows(f.executeQuery("select n, md5(n::text) from generate_series(1, 50000) n"));
          } finally { c.commit(); c.setAutoCommit(true); }
        });
        step(mode + " failed transaction and savepoint", () -> {
          c.setAutoCommit(false);
          s.execute("insert into t values (7000)");
          Savepoint before = c.setSavepoint();
          String state = "none";
          try { s.execute("select 1/0"); } catch (SQLException error) { state = error.getSQLState(); }
          c.rollback(before);
          c.commit();
          c.setAutoCommit(true);
          return state + " " + rows(s.executeQuery("select count(*) from t"));
        });
        step(mode + " copy", () -> {
          CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
          long in = copy.copyIn("copy t from stdin", new StringReader("8000\tx\n8001\t\\N\n"));
          StringWriter out = new StringWriter();
          return in + " " + copy.copyOut("copy (select * from t order by x) to stdout", out) + " " + out.toString().hashCode();
        });
        step(mode + " copy refused", () -> c.unwrap(PGConnection.class).getCopyAPI().copyIn("copy t from stdin", new StringReader("word\n")));
        step(mode + " query timeout", () -> { s.setQueryTimeout(1); try { return s.execute("select pg_sleep(20)"); } finally { s.setQueryTimeout(0); } });
        step(mode + " notify", () -> {
          s.execute("listen j");
          s.execute("notify j, 'payload'");
          var heard = c.unwrap(PGConnection.class).getNotifications(5000);
          return heard.length + " " + heard[0].getName() + " " + heard[0].getParameter() + " " + (heard[0].getPID() == c.unwrap(PGConnection.class).getBackendPID());
        });
        step(mode + " warnings", () -> { s.execute("do $$ begin raise warning 'careful'; end $$"); return s.getWarnings().getMessage(); });
        step(mode + " metadata", () -> {
          ResultSet columns = c.getMetaData().getColumns(null, "pg_catalog", "pg_class", "rel%");
          return rows(columns);
        });
        step(mode + " several results", () -> {
          boolean more = s.execute("select 1; update t set y = 'u' where x < 3; select 2");
          StringBuilder text = new StringBuilder();
          while (more || s.getUpdateCount() != -1) {
            text.append(more ? rows(s.getResultSet()) : "updated " + s.getUpdateCount() + ";");
            more = s.getMoreResults();
          }
          return text;
        });
        step(mode + " large object", () -> {
          c.setAutoCommit(false);
          var large = c.unwrap(PGConnection.class).getLargeObjectAPI();
          long oid = large.createLO();
          var open = large.open(oid);
          open.write(new byte[100000]);
          open.seek(0);
          int size = open.read(200000).length;
          open.close();
          large.delete(oid);
          c.commit();
          c.setAutoCommit(true);
          return size;
        });
        step(mode + " syntax error", () -> s.execute("selekt 1"));
      }
    }
  }
}
