"""The demo community's products: a dozen real ones with their real dates."""

from pathlib import Path

from products.import_endoflife import Importer

FOLDER = Path(__file__).parent / "content" / "products"
SOURCE = "demo"


def load() -> None:
    """Import the products that do not exist yet; existing ones stay as they are."""
    report = Importer(FOLDER, SOURCE, only_new=True).run()
    if report.errors:
        raise ValueError("; ".join(report.errors))
