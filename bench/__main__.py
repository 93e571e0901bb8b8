"""make bench: every table, one after the other."""

from bench import feed, feed_memory, influx, live, reading, series, serving, upkeep, weight

for module in (reading, serving, series, upkeep, weight, influx, live, feed, feed_memory):
    module.main()
