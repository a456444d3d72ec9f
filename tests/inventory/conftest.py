"""Fixtures of the tests of products, for those of the inventory."""

from tests.products.conftest import as_token, make_product  # noqa: F401  (fixtures)
