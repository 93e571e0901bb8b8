"""make bench: every table, one after the other."""

from bench import anomalies, feed, hostile, influx, live, reading, series, serving, soak, upkeep, weight

for module in (reading, serving, series, upkeep, weight, influx, live, feed, hostile, anomalies, soak):
    module.main()
