"""The same pages on a small and on a large site, in turn: what grows with the site shows."""

from statistics import median

from bench import load
from bench.sites import Site
from bench.statistics import Samples, interleaved

SMALL_POSTS = 10_000
MAX_RATIO = 1.3  # the budget of design section 7


def measure(small: Site, large: Site, seconds: float) -> dict[str, dict[str, Samples]]:
    """{page: {"small" and "large": metrics}} of every list and thread, none of them cached."""
    with small.served() as one, large.served() as other:
        sides = {"small": one, "large": other}
        targets = {
            (name, side): load.page(
                served.url(served.site.addresses[name]),
                served.web,
                seconds=seconds,
                headers=load.UNCACHED_HEADERS,
            )
            for name in small.addresses
            for side, served in sides.items()
        }
        found = interleaved(targets)
    return {name: {side: found[name, side] for side in sides} for name in small.addresses}


def ratio(pair: dict[str, Samples], metric: str = "p50") -> float:
    """How much longer the page takes on the large site."""
    return median(pair["large"][metric]) / median(pair["small"][metric])
