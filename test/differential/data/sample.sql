-- Statements whose effects lie behind what they name. Each runs on a real server and is compared with its judgement.
CREATE TABLE customers (id int PRIMARY KEY, name text, touched timestamptz);
CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE, total numeric DEFAULT 0);
CREATE TABLE lines (order_id int REFERENCES orders ON DELETE SET NULL, note text);
CREATE TABLE audit (at timestamptz DEFAULT now(), what text);
CREATE TABLE counters (name text PRIMARY KEY, n int);
INSERT INTO customers SELECT g, 'c' || g FROM generate_series(1, 20) g;
INSERT INTO orders (customer) VALUES (1), (2), (3);
INSERT INTO lines VALUES (1, 'a'), (2, 'b');
INSERT INTO counters VALUES ('orders', 0);
-- triggers
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER log AFTER INSERT OR DELETE ON lines FOR EACH ROW EXECUTE FUNCTION log();
CREATE FUNCTION tally() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE counters SET n = n + 1 WHERE name = 'orders'; RETURN NULL; END $$;
CREATE TRIGGER tally AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION tally();
UPDATE customers SET name = 'x' WHERE id = 1;
INSERT INTO lines VALUES (3, 'c');
DELETE FROM lines WHERE note = 'a';
INSERT INTO orders (customer) VALUES (4);
-- foreign keys that cascade
DELETE FROM customers WHERE id = 2;
UPDATE customers SET id = 101 WHERE id = 1;
DELETE FROM orders WHERE id = 3;
TRUNCATE customers CASCADE;
INSERT INTO customers VALUES (1, 'a'), (2, 'b');
-- views
CREATE VIEW names AS SELECT id, name FROM customers;
CREATE VIEW some_names AS SELECT * FROM names WHERE id < 10 WITH CASCADED CHECK OPTION;
SELECT * FROM some_names;
INSERT INTO names VALUES (5, 'e');
UPDATE some_names SET name = 'f' WHERE id = 5;
DELETE FROM some_names WHERE id = 5;
MERGE INTO names n USING (VALUES (1, 'm'), (7, 'n')) v (id, name) ON n.id = v.id WHEN MATCHED THEN UPDATE SET name = v.name WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.name);
CREATE FUNCTION count_lines() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM lines; RETURN n; END $$;
CREATE VIEW with_lines AS SELECT id, count_lines() AS n FROM customers;
SELECT * FROM with_lines;
CREATE FUNCTION redirect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES (NEW.id::text); RETURN NEW; END $$;
CREATE TRIGGER redirect INSTEAD OF UPDATE ON with_lines FOR EACH ROW EXECUTE FUNCTION redirect();
UPDATE with_lines SET id = 1 WHERE id = 1;
-- rules
CREATE TABLE shadow (id int);
CREATE RULE copy AS ON INSERT TO shadow DO ALSO INSERT INTO audit (what) VALUES ('rule');
INSERT INTO shadow VALUES (1);
-- partitions and inheritance
CREATE TABLE events (at int, what text) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (20);
INSERT INTO events VALUES (1, 'a'), (11, 'b');
UPDATE events SET at = at + 10 WHERE at < 10;
SELECT count(*) FROM events;
DELETE FROM events;
COPY events FROM STDIN;
3	x
13	y
\.
CREATE TABLE people (id int, name text);
CREATE TABLE staff (wage int) INHERITS (people);
INSERT INTO staff VALUES (1, 'a', 5);
SELECT * FROM people;
SELECT * FROM ONLY people;
UPDATE people SET name = 'b';
UPDATE ONLY people SET name = 'c';
TRUNCATE people;
-- functions that hang on tables and types
CREATE FUNCTION next_note() RETURNS text LANGUAGE sql AS $$ INSERT INTO audit (what) VALUES ('default') RETURNING what $$;
CREATE TABLE with_default (id int, note text DEFAULT next_note());
INSERT INTO with_default (id) VALUES (1);
CREATE FUNCTION positive(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES ('check'); RETURN $1 > 0; END $$;
CREATE DOMAIN amount AS int CHECK (positive(VALUE));
SELECT 5::amount;
SELECT CAST(id AS amount) FROM people;
CREATE TABLE sums (a amount);
INSERT INTO sums VALUES (4);
CREATE TABLE checked (a int CHECK (positive(a)));
INSERT INTO checked VALUES (3);
CREATE FUNCTION visible(int) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM counters) AND $1 > 0 $$;
CREATE TABLE guarded (id int);
CREATE POLICY p ON guarded USING (visible(id));
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT * FROM guarded;
-- code
DO $$ BEGIN UPDATE counters SET n = 0; END $$;
DO $$ BEGIN EXECUTE 'DELETE FROM counters'; END $$;
SELECT next_note();
SELECT count_lines();
SELECT nextval('orders_id_seq'), setval('orders_id_seq', 50);
SELECT lo_create(4711);
SELECT pg_advisory_xact_lock(1);
-- statements in statements
WITH gone AS (DELETE FROM lines RETURNING *) SELECT count(*) FROM gone;
EXPLAIN ANALYZE DELETE FROM checked;
EXPLAIN DELETE FROM checked;
SELECT * INTO copied FROM customers;
SELECT * FROM customers FOR UPDATE;
LOCK TABLE customers IN SHARE MODE;
INSERT INTO customers VALUES (1, 'again') ON CONFLICT (id) DO UPDATE SET name = excluded.name;
-- policies of row-level security, for a role that they bind
CREATE TABLE members (id int PRIMARY KEY);
INSERT INTO members VALUES (1);
CREATE TABLE documents (id int PRIMARY KEY, owner int);
CREATE FUNCTION seen(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES ('seen'); RETURN true; END $$;
CREATE POLICY of_members ON documents USING (owner IN (SELECT id FROM members) AND seen(id));
ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE documents FORCE ROW LEVEL SECURITY;
GRANT ALL ON ALL TABLES IN SCHEMA public TO pg_monitor;
SET ROLE pg_monitor;
INSERT INTO documents VALUES (1, 1);
SELECT * FROM documents;
UPDATE documents SET owner = 1 WHERE id = 1;
DELETE FROM documents WHERE id = 1;
RESET ROLE;
-- operator classes, casts and checks that no text names
CREATE FUNCTION record_use(what text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.audit (what) VALUES ($1); END $$;
CREATE TYPE price AS (cents int);
CREATE FUNCTION price_below(price, price) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.cents < $2.cents';
CREATE FUNCTION price_equals(price, price) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.cents = $2.cents';
CREATE FUNCTION price_order(price, price) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM public.record_use('order'); RETURN $1.cents - $2.cents; END $$;
CREATE OPERATOR <# (LEFTARG = price, RIGHTARG = price, FUNCTION = price_below);
CREATE OPERATOR =# (LEFTARG = price, RIGHTARG = price, FUNCTION = price_equals);
CREATE OPERATOR CLASS price_ops DEFAULT FOR TYPE price USING btree AS OPERATOR 1 <#, OPERATOR 3 =#, FUNCTION 1 price_order(price, price);
CREATE TABLE prices (p price, n int);
INSERT INTO prices VALUES (ROW(1), 1), (ROW(2), 2);
SELECT DISTINCT p FROM prices;
SELECT n FROM prices ORDER BY p USING <#;
SELECT rank() OVER (ORDER BY p) FROM prices;
SELECT x FROM (VALUES (ROW(1)::price), (ROW(2)::price)) AS v (x) ORDER BY x;
ANALYZE prices;
CREATE FUNCTION price_of(int) RETURNS price LANGUAGE plpgsql AS $$ BEGIN RETURN ROW($1); END $$;
SELECT DISTINCT price_of(n) FROM prices;
CREATE FUNCTION recorded(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM public.record_use('check'); RETURN true; END $$;
CREATE DOMAIN checked_number AS int CHECK (recorded(VALUE));
CREATE TABLE with_checked (c checked_number);
CREATE FUNCTION takes_checked(checked_number) RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT takes_checked('1');
CREATE FUNCTION gives_checked(int) RETURNS checked_number LANGUAGE plpgsql AS $$ BEGIN RETURN $1; END $$;
SELECT gives_checked(1);
CREATE FUNCTION holds_checked(int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE x with_checked.c%TYPE := $1; BEGIN RETURN x; END $$;
SELECT holds_checked(1);
CREATE TABLE sets_by_default (a int, b text DEFAULT set_config('work_mem', '1MB', false));
INSERT INTO sets_by_default (a) VALUES (1);
CREATE MATERIALIZED VIEW distinct_prices AS SELECT DISTINCT p FROM prices;
REFRESH MATERIALIZED VIEW distinct_prices;
-- temporary tables hide others
CREATE TEMP TABLE audit (hidden int);
INSERT INTO audit VALUES (1);
DELETE FROM audit;
SELECT * FROM pg_temp.audit;
SELECT set_config('work_mem', '5MB', false);
SET search_path = pg_catalog;
