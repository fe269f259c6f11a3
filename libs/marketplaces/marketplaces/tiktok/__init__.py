"""TikTok Shop Open API."""
