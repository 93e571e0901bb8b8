"""make bench: every table, one after the other."""

from bench import feed, influx, reading, serving

for module in (reading, serving, influx, feed):
    module.main()
