-- What the gate's own login may do: read and write rows, and nothing that changes the shape of the shop.
GRANT USAGE ON SCHEMA public TO postern_demo;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO postern_demo;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO postern_demo;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO postern_demo;
