"""All benchmarks, one after the other: `python -m tests.bench`."""

from tests.bench import latency, replay, restock

latency.measure(samples=60)
restock.main()
replay.main()
