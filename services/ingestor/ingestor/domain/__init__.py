"""The rules of looking: what a read of a marketplace means for what is known of an order."""
