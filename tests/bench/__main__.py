"""All benchmarks, one after the other: `python -m tests.bench`."""

from tests.bench import latency, page, replay, restock

latency.measure(samples=60)
page.measure()
restock.main()
replay.main()
