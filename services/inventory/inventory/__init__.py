"""Owns stock: an append-only ledger of movements and the level per SKU."""
