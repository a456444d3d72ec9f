"""Inventories: named lists of what a member or a team runs, and who may see them."""
