"""Draw all slides: `make slides`."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from PIL import Image

from sim.report.charts.picture import Picture, save
from slides import SLIDES, first_pictures, slide
from slides.kit import THEMES
from slides.page import FOLDER, PAGE, filled
from slides.polls import polls

COLOURS, INKS = 64, 16
"""Enough for flat colours and the edges of type, and for black on white: a third of the size."""


def write(picture: Picture, file: Path, colours: int = COLOURS) -> None:
    """Write a picture with few colours, and its text alternative."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save(picture, str(file))
    Image.open(file).convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"wrote {file.relative_to(FOLDER)}, {file.stat().st_size:,} bytes")


def main() -> None:
    """Draw them all, remove those of questions that are no longer asked, and put their words on the page."""
    for name, (theme, ending) in product(SLIDES, THEMES.items()):
        write(slide(name, theme), FOLDER / f"{name}{ending}.png")
    for name, picture in first_pictures():
        write(picture, FOLDER / "first" / f"{name}.png")
    for old in (FOLDER / "polls").glob("*"):
        old.unlink()
    for theme, ending in THEMES.items():
        for name, picture in polls(theme):
            write(picture, FOLDER / "polls" / f"{name}{ending}.png", INKS)
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
