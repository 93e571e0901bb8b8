"""make bench: every table, one after the other."""

from bench import feed, feed_memory, influx, reading, serving

for module in (reading, serving, influx, feed, feed_memory):
    module.main()
