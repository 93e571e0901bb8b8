#!/bin/sh
# Run once, when InfluxDB is set up: make the token that the backend gets. It reads and writes the one bucket; the
# administrator's token, which could do anything, stays here.
set -eu
for name in PASSWORD ADMIN_TOKEN; do
  if [ "$(printenv "DOCKER_INFLUXDB_INIT_$name")" = change-me ]; then
    echo "INFLUXDB_ADMIN_${name#ADMIN_} is the placeholder of .env.example: run make .env, or set a secret" >&2
    exit 1
  fi
done
token=$(influx auth create --org-id "$DOCKER_INFLUXDB_INIT_ORG_ID" --description "ScaleOps backend" --json \
  --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" --write-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" |
  sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
[ -n "$token" ]
umask 077
printf '%s' "$token" >/etc/influxdb2/backend-token
