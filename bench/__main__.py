"""make bench: every table, one after the other."""

from bench import feed, feed_memory, hostile, influx, live, reading, series, serving, upkeep, weight

for module in (reading, serving, series, upkeep, weight, influx, live, feed, feed_memory, hostile):
    module.main()
