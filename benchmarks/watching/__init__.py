"""The parts of `benchmarks.watch`."""
