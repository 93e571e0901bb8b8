"""make bench: every table, one after the other."""

from bench import (
    agreement,
    anomalies,
    feed,
    hostile,
    influx,
    keda,
    live,
    reading,
    series,
    serving,
    soak,
    upkeep,
    weight,
)

for module in (reading, serving, series, upkeep, weight, influx, live, feed, keda, agreement, hostile, anomalies, soak):
    module.main()
