-- A role for measuring: it reads Odoo's tables and statistics, and can change nothing.
GRANT USAGE ON SCHEMA public TO shop_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO shop_reader;
-- Only an administrator may give this one; without it statistics of other sessions stay hidden, and nothing else.
DO $$ BEGIN GRANT pg_monitor TO shop_reader; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
ALTER ROLE shop_reader SET default_transaction_read_only = on;
ALTER ROLE shop_reader SET statement_timeout = '5s';
