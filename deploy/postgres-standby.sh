#!/bin/bash
# A standby of PostgreSQL that begins as a copy of the primary, and follows it under the name by which
# the primary waits for it.
set -euo pipefail

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    rm -rf "${PGDATA:?}"/*
    PGPASSWORD=$REPLICATION_PASSWORD pg_basebackup --pgdata "$PGDATA" --checkpoint fast \
        --wal-method stream --slot standby --write-recovery-conf \
        --dbname "host=${PRIMARY:-primary} user=replication application_name=standby"
fi
chmod 0700 "$PGDATA"
exec postgres "$@"
