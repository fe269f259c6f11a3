"""Shopee Open Platform v2, as `shopee.md` describes it."""
