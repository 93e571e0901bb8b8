#!/bin/sh
# What nginx cannot compute itself: the upload limit (the backend's, and room for the form around the file), and the
# resolver that knows the other services, asked again as they come and go.
set -eu
cat >/etc/nginx/conf.d/limits.conf <<CONF
client_max_body_size $((SCALEOPS_MAX_UPLOAD_MB + 1))m;
resolver $(awk '$1 == "nameserver" { print ($2 ~ /:/) ? "[" $2 "]" : $2 }' /etc/resolv.conf | tr '\n' ' ') valid=5s;
CONF
