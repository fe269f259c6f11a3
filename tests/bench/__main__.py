"""Both benchmarks, one after the other: `python -m tests.bench`; arguments go to the restock benchmark."""

from tests.bench import latency, restock

latency.measure(samples=60)
restock.main()
