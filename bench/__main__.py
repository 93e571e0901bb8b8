"""make bench: every table, one after the other."""

from bench import (
    agreement,
    anomalies,
    feed,
    hostile,
    influx,
    keda,
    live,
    live_step,
    reading,
    series,
    serving,
    soak,
    upkeep,
    weight,
)

MODULES = (
    *(reading, serving, series, upkeep, weight, influx, live, live_step, feed),
    *(keda, agreement, hostile, anomalies, soak),
)
for module in MODULES:
    module.main()
