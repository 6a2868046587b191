#!/bin/bash
# Makes the chat's database, and lets a standby copy what is written; run once, by the image of
# PostgreSQL, when the primary has no data yet. Commits wait for the standby from the next start on.
set -euo pipefail

psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres \
    -v chat="$CHAT_PASSWORD" -v replication="$REPLICATION_PASSWORD" <<'SQL'
CREATE ROLE chat LOGIN PASSWORD :'chat';
CREATE DATABASE chat OWNER chat ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE chat FROM PUBLIC;
CREATE ROLE replication LOGIN REPLICATION PASSWORD :'replication';
SELECT pg_create_physical_replication_slot('standby');
ALTER SYSTEM SET max_slot_wal_keep_size = '4GB';
ALTER SYSTEM SET synchronous_standby_names = 'standby';
ALTER SYSTEM SET tcp_keepalives_idle = 10;
ALTER SYSTEM SET tcp_keepalives_interval = 5;
ALTER SYSTEM SET tcp_keepalives_count = 3;
SQL
echo 'host replication replication all scram-sha-256' >> "$PGDATA/pg_hba.conf"
