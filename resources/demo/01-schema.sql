-- A small shop that sells things for the home. All people, addresses and numbers are made up.
-- Its tables belong to shop_owner; the gate logs in as postern_demo, an ordinary role (see 03-access.sql).

CREATE TABLE customers (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         text NOT NULL,
  email        text NOT NULL UNIQUE,
  phone        text,
  national_id  char(11) NOT NULL UNIQUE,
  birth_date   date NOT NULL,
  street       text NOT NULL,
  city         text NOT NULL,
  postal_code  text NOT NULL,
  country      char(2) NOT NULL DEFAULT 'US',
  newsletter   boolean NOT NULL DEFAULT false,
  created_at   timestamptz NOT NULL
);
COMMENT ON TABLE customers IS 'People who have ordered at least once or signed up for the newsletter.';
COMMENT ON COLUMN customers.email IS 'Login name; personal data.';
COMMENT ON COLUMN customers.phone IS 'For the carrier; personal data.';
COMMENT ON COLUMN customers.national_id IS 'Asked for on invoices above 10,000; sensitive personal data.';
COMMENT ON COLUMN customers.birth_date IS 'For age checks; personal data.';

CREATE TABLE products (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku         text NOT NULL UNIQUE,
  name        text NOT NULL,
  category    text NOT NULL,
  price       numeric(10, 2) NOT NULL CHECK (price >= 0),
  stock       integer NOT NULL CHECK (stock >= 0),
  attributes  jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE products IS 'What the shop sells.';
COMMENT ON COLUMN products.stock IS 'Pieces in the warehouse, not yet promised to an order.';

CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped', 'delivered', 'returned', 'cancelled');

CREATE TABLE orders (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id  bigint NOT NULL REFERENCES customers,
  status       order_status NOT NULL DEFAULT 'placed',
  note         text,
  placed_at    timestamptz NOT NULL,
  shipped_at   timestamptz
);
CREATE INDEX orders_customer_id ON orders (customer_id);
COMMENT ON TABLE orders IS 'One basket that was bought.';
COMMENT ON COLUMN orders.note IS 'Free text of the customer; may hold anything.';

CREATE TABLE order_items (
  order_id    bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
  position    smallint NOT NULL,
  product_id  bigint NOT NULL REFERENCES products,
  quantity    integer NOT NULL CHECK (quantity > 0),
  unit_price  numeric(10, 2) NOT NULL,
  PRIMARY KEY (order_id, position)
);
COMMENT ON TABLE order_items IS 'The lines of an order, with the price of that day.';

CREATE TABLE payments (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id     bigint NOT NULL UNIQUE REFERENCES orders,
  card_number  text NOT NULL,
  card_holder  text NOT NULL,
  expires      text NOT NULL,
  amount       numeric(12, 2) NOT NULL,
  paid_at      timestamptz NOT NULL
);
COMMENT ON TABLE payments IS 'Card payments, as the old payment provider delivered them.';
COMMENT ON COLUMN payments.card_number IS 'Full card number: a mistake of the past that auditors know of.';

CREATE VIEW customer_orders AS
  SELECT c.id AS customer_id, c.name, c.email, count(o.id) AS orders, max(o.placed_at) AS last_order
  FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
  GROUP BY c.id;
COMMENT ON VIEW customer_orders IS 'How often each customer ordered, and when last.';

CREATE FUNCTION order_total(bigint) RETURNS numeric
  LANGUAGE sql STABLE
  AS $$ SELECT coalesce(sum(quantity * unit_price), 0) FROM order_items WHERE order_id = $1 $$;
COMMENT ON FUNCTION order_total(bigint) IS 'Sum of the lines of one order.';
