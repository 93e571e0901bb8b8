#!/bin/sh
# What nginx cannot work out itself: the upload limit (the backend's, and room for the form around the file), and the
# resolver that knows the other services. Only the first one listed: nginx would ask all of them in turn.
set -eu
resolver=$(awk '$1 == "nameserver" { print ($2 ~ /:/) ? "[" $2 "]" : $2; exit }' /etc/resolv.conf)
cat >/etc/nginx/conf.d/limits.conf <<CONF
client_max_body_size $((SCALEOPS_MAX_UPLOAD_MB + 1))m;
resolver $resolver valid=5s;
CONF
