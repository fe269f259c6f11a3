"""Hears pushes, reads the truth from the marketplaces, publishes facts about cancel requests."""
