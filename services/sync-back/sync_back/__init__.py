"""Owns deliveries: one durable row per answer owed to a marketplace."""
