"""Owns cancel requests: their state, the hold, who decided what and why."""
