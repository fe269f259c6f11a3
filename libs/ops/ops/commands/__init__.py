"""The commands: what is asked is read here and shown here; what is done is done elsewhere."""
