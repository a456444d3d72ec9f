"""The demo community's products: a dozen with true dates, the ones that started it all among them."""

from pathlib import Path

from products.import_endoflife import Importer

FOLDER, SOURCE = Path(__file__).parent / "content" / "products", "demo"


def load() -> None:
    """Bring the products that are not here yet; what is here, from wherever, stays as it is."""
    report = Importer(FOLDER, SOURCE, only_new=True).run()
    if report.errors:
        raise ValueError("; ".join(report.errors))
