"""make bench: every table, one after the other."""

from bench import feed, reading, serving

for module in (reading, serving, feed):
    module.main()
