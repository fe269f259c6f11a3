"""Kafka, Postgres and all services on one machine, without a container engine."""
