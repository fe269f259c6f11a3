"""Shops and the tokens they are called with: one truth for all services, announced when it changes."""

from marketplaces.accounts.book import Accounts
from marketplaces.accounts.preparing import prepare
from marketplaces.accounts.sealing import Sealer
from marketplaces.accounts.shops import NewShop, NoShop, OwnedByAnotherSeller, Shop, UnknownShop, WrongShop

__all__ = ["Accounts", "NewShop", "NoShop", "OwnedByAnotherSeller", "Sealer", "Shop", "UnknownShop", "WrongShop", "prepare"]
