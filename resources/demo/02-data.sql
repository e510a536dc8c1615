-- Rows by arithmetic, not by chance: every installation has the same shop. The factors are primes, so that the
-- columns do not march in step.

CREATE FUNCTION pick(words text[], i bigint) RETURNS text
  LANGUAGE sql IMMUTABLE
  AS $$ SELECT words[1 + i % cardinality(words)] $$;

-- Appends the check digit of ISO/IEC 7812-1, annex B (Luhn).
CREATE FUNCTION with_check_digit(digits text) RETURNS text
  LANGUAGE sql IMMUTABLE
  AS $$
    SELECT digits || (10 - sum(CASE WHEN doubled > 9 THEN doubled - 9 ELSE doubled END) % 10) % 10
    FROM (
      SELECT digit * CASE WHEN (length(digits) - place) % 2 = 0 THEN 2 ELSE 1 END AS doubled
      FROM (SELECT place::integer, substr(digits, place::integer, 1)::integer AS digit
            FROM generate_series(1, length(digits)) AS place) AS digits_of
    ) AS doubled_digits
  $$;

INSERT INTO customers (name, email, phone, national_id, birth_date, street, city, postal_code, newsletter, created_at)
SELECT
  first || ' ' || last,
  lower(first || '.' || last || i || '@' || pick('{example.com,example.org,example.net}', i * 31)),
  CASE WHEN i % 11 = 0 THEN NULL ELSE '+1 ' || (200 + i * 7 % 700) || ' 555 01' || lpad((i * 13 % 100)::text, 2, '0') END,
  -- Numbers that begin with 9 are never given out as social security numbers.
  (900 + i % 100) || '-' || lpad((i * 17 % 99 + 1)::text, 2, '0') || '-' || lpad((i * 7919 % 9999 + 1)::text, 4, '0'),
  date '1948-02-11' + (i * 9973 % 20000)::integer,
  (i * 37 % 980 + 1) || ' ' || pick('{Maple Street,Oak Avenue,Harbour Road,Mill Lane,Church Street,Garden Way,Station Road,Lake View,Hill Crescent,Orchard Close,Bridge Street,Kingsway}', i * 5),
  pick('{Springfield,Riverton,Lakeside,Fairview,Georgetown,Ashland,Clinton,Salem,Milton,Dover,Oakdale,Newport}', i * 3),
  lpad((i * 613 % 90000 + 10000)::text, 5, '0'),
  i % 3 = 0,
  timestamptz '2023-01-04 08:00:00+00' + (i * 5233 % 1400) * interval '1 day' + (i * 47 % 1440) * interval '1 minute'
FROM (
  SELECT i,
    pick('{Ada,Amara,Anton,Beatriz,Bruno,Carla,Chen,Daniel,Elena,Emeka,Fatima,Felix,Grace,Hana,Hugo,Ines,Ivan,Jasmin,Jonas,Kenji,Laila,Leo,Lucia,Marek,Maya,Mina,Nadia,Noah,Olga,Omar,Paula,Priya,Rafael,Rosa,Samir,Sofia,Tariq,Thea,Tomas,Uma,Victor,Wanda,Yara,Yusuf,Zoe}', i) AS first,
    pick('{Abebe,Almeida,Bauer,Becker,Castillo,Cohen,Dubois,Eriksen,Ferrari,Fischer,Garcia,Haddad,Hansen,Ito,Jansen,Kaya,Keller,Kim,Kowalski,Larsen,Lopez,Martin,Moreau,Nakamura,Novak,Okafor,Olsen,Patel,Petrov,Quinn,Rossi,Sato,Schmidt,Silva,Singh,Sousa,Suzuki,Tanaka,Torres,Varga,Weber,Yilmaz,Zhang}', i * 7) AS last
  FROM generate_series(1::bigint, 800) AS i
) AS names;

INSERT INTO products (sku, name, category, price, stock, attributes)
SELECT
  upper(left(category, 3)) || '-' || lpad(i::text, 4, '0'),
  thing || ', ' || pick('{small,medium,large,set of two,limited edition}', i),
  category,
  round((4.9 + i * 53 % 240 + (i * 29 % 100) / 100.0)::numeric, 2),
  (i * 41 % 130)::integer,
  jsonb_build_object('weight_g', 120 + i * 97 % 4800, 'fragile', i % 4 = 0, 'made_in', pick('{PT,SE,JP,MX}', i * 3))
FROM (
  SELECT i,
    pick('{Oak bowl,Linen lampshade,Steel kettle,Ceramic vase,Glass carafe,Bamboo basket,Cotton blanket,Walnut clock,Enamel tray,Cork stool,Brass mirror,Clay planter}', i) AS thing,
    pick('{kitchen,living,kitchen,living,kitchen,bath,living,office,kitchen,office,bath,garden}', i) AS category
  FROM generate_series(1::bigint, 60) AS i
) AS goods;

INSERT INTO orders (customer_id, status, note, placed_at, shipped_at)
SELECT
  1 + i * 7919 % 800,
  status,
  CASE WHEN i % 17 = 0 THEN pick('{Please ring twice,Leave with the neighbour,It is a gift: no invoice in the parcel,Call before delivery}', i / 17) END,
  placed_at,
  CASE WHEN status IN ('shipped', 'delivered', 'returned') THEN placed_at + (12 + i * 31 % 60) * interval '1 hour' END
FROM (
  SELECT i,
    (CASE WHEN i > 2440 THEN 'placed' WHEN i % 29 = 0 THEN 'cancelled' WHEN i % 23 = 0 THEN 'returned'
          WHEN i > 2380 THEN 'paid' WHEN i > 2300 THEN 'shipped' ELSE 'delivered' END)::order_status AS status,
    timestamptz '2024-01-02 09:00:00+00' + i * interval '7 hours' + (i * 61 % 420) * interval '1 minute' AS placed_at
  FROM generate_series(1::bigint, 2500) AS i
) AS baskets;

INSERT INTO order_items (order_id, position, product_id, quantity, unit_price)
SELECT o.id, line, p.id, 1 + (o.id * line) % 3, p.price
FROM orders o
CROSS JOIN LATERAL generate_series(1, 1 + (o.id * 13 % 4)::integer) AS line
JOIN products p ON p.id = 1 + (o.id * 59 + line * 11) % 60;

INSERT INTO payments (order_id, card_number, card_holder, expires, amount, paid_at)
SELECT
  o.id,
  -- Prefixes that the card schemes keep for tests.
  with_check_digit(pick('{411111,400000,555555,510510}', o.id) || lpad((o.id * 104729 % 1000000000)::text, 9, '0')),
  upper(c.name),
  lpad((o.id * 5 % 12 + 1)::text, 2, '0') || '/' || (27 + o.id * 3 % 5),
  order_total(o.id),
  o.placed_at + interval '4 minutes'
FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.status NOT IN ('placed', 'cancelled');

DROP FUNCTION with_check_digit(text);
DROP FUNCTION pick(text[], bigint);
ANALYZE;
