"""The rules of stock: what an order gives back, what a level holds, what may be posted."""
