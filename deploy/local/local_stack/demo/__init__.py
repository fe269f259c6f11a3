"""The demo: shops, stock, buyers and a seller, all of them through the front doors."""
