"""make bench: every table, one after the other."""

from bench import feed, hostile, influx, live, reading, series, serving, soak, upkeep, weight

for module in (reading, serving, series, upkeep, weight, influx, live, feed, hostile, soak):
    module.main()
