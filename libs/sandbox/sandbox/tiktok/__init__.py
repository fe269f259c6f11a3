"""TikTok Shop Open API, as `tiktok.md` describes it."""
