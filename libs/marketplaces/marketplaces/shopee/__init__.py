"""Shopee Open Platform API v2."""
