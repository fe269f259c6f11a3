"""Shopee and TikTok Shop behind one small interface, and the accounts they are called with."""
