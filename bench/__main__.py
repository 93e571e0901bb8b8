"""make bench: every table, one after the other."""

from bench import reading, serving

for module in (reading, serving):
    module.main()
