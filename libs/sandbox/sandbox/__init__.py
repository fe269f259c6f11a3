"""Stand-ins for Shopee and TikTok Shop, as strict as the references say they are."""
