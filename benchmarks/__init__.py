"""How fast we are beside two yardsticks, measured in one run: `python -m benchmarks`."""
