"""Shops and the tokens they are called with: one truth for all services, announced when it changes."""

from marketplaces.accounts.book import Accounts
from marketplaces.accounts.preparing import prepare
from marketplaces.accounts.sealing import Sealer
from marketplaces.accounts.shops import NewShop, OwnedByAnotherSeller, Shop, UnknownShop

__all__ = ["Accounts", "NewShop", "OwnedByAnotherSeller", "Sealer", "Shop", "UnknownShop", "prepare"]
