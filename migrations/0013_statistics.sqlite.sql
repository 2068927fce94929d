-- What SQLite is to expect of tables in which a tenant may have very many rows: without it, it takes a
-- tenant for ten of them, and reads all where an index names a few. `ANALYZE` by hand puts in its place
-- what is there.
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('invoice', 'invoice', '1000000 1000 1'),
    ('invoice', 'invoice_record', '1000000 1000 1'),
    ('invoice', 'invoice_listed', '1000000 1000 200 1 1'),
    ('invoice', 'invoice_listed_of_all', '1000000 200000 1000 1 1');
ANALYZE sqlite_schema;
