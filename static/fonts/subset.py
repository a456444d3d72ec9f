"""Make the four font files of this folder from the published variable fonts.

Usage: npm pack @fontsource-variable/atkinson-hyperlegible-next
       npm pack @fontsource-variable/atkinson-hyperlegible-mono (both 5.3.0), unpack both,
       `pip install fonttools brotli`, and then
       python static/fonts/subset.py NEXT_PACKAGE_FOLDER MONO_PACKAGE_FOLDER

The fonts (SIL Open Font License 1.1) are by the authors of the Atkinson Hyperlegible projects; see
LICENSE-*.txt. Neither licence reserves a font name.
"""

import sys
from io import BytesIO
from pathlib import Path

from fontTools import subset  # pyright: ignore[reportMissingImports]
from fontTools.ttLib import TTFont  # pyright: ignore[reportMissingImports]
from fontTools.varLib import instancer  # pyright: ignore[reportMissingImports]

HERE = Path(__file__).parent
LATIN = "U+0020-007E,U+00A0-00FF,U+0131,U+0152-0153,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,"
LATIN += "U+2039-203A,U+2044,U+20AC,U+2122,U+2212"
EXTENDED = "U+0100-0130,U+0132-0151,U+0154-017F,U+0218-021B"
FEATURES = ["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "lnum"]
# (name of the file, file of the package, characters, lowest and highest weight)
FILES = {
    "sans": ("next-latin-wght-normal", LATIN, (400, 700)),
    "sans-ext": ("next-latin-ext-wght-normal", EXTENDED, (400, 700)),
    "mono": ("mono-latin-wght-normal", LATIN, 400),
    "mono-ext": ("mono-latin-ext-wght-normal", EXTENDED, 400),
}


def make(name: str, source: Path, characters: str, weight: int | tuple[int, int]) -> None:
    """Write one file: `weight` is a fixed weight or the limits of the axis."""
    written = BytesIO()
    instancer.instantiateVariableFont(TTFont(source), {"wght": weight}).save(written)
    font = TTFont(written)  # read again: the tables of a font that was just cut still know the old glyphs
    options = subset.Options(
        flavor="woff2", layout_features=FEATURES, hinting=False, name_IDs=[0, 1, 2, 13, 14]
    )
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=subset.parse_unicodes(characters))
    chosen.subset(font)
    subset.save_font(font, str(HERE / f"{name}.woff2"), options)


if __name__ == "__main__":
    packages = {"next": Path(sys.argv[1]), "mono": Path(sys.argv[2])}
    for name, (file, characters, weight) in FILES.items():
        folder = packages[file.split("-")[0]] / "files"
        make(name, folder / f"atkinson-hyperlegible-{file}.woff2", characters, weight)
