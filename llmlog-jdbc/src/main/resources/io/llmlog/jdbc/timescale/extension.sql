-- One for the whole database, in the schema where it usually stands.
CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public;
