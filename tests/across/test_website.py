"""What is staged for the site: links, types and sections are made of what is there, and nothing is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from website import codes, commands, links, notebooks, pictures, scenario_keys, schemas, structure

from sim.analysis.codes import CODES
from sim.cli import cli
from sim.scenario.distributions import Distribution
from sim.scenario.experiment import load_experiment, shipped_scenarios, with_number
from sim.units import seconds

DOCS = Path(__file__).parents[2] / "docs"
FOUR = "replay/04-cluster-or-local.html"
TO_FOUR = f'<a class="live" href="{FOUR}">play</a> · <a class="live" href="{FOUR}#predict">predict first</a>'


@pytest.mark.parametrize(
    ("source", "written", "staged"),
    [
        ("docs/index.md", "[a](../README.md)", "[a](quickstart.md)"),
        ("docs/how-to/ci.md", "[a](../schemas/check.json)", "[a](../reference/schemas/check.md)"),
        ("docs/how-to/ci.md", "[a](../model.md#faults)", "[a](../model.md#faults)"),
        ("docs/index.md", "[a](../notebooks/07-which-rule-wins.ipynb)", "[a](notebooks/07-which-rule-wins.ipynb)"),
        ("CONTRIBUTING.md", "[a](docs/adding.md) and [b](docs/design.md)", "[a](adding.md) and [b](design.md)"),
        ("docs/index.md", "![a](images/page-shop.png)", "![a](images/page-shop.png)"),
        ("docs/index.md", "[a](#schemas)", "[a](#schemas)"),
        ("docs/how-to/ci.md", "`sim explain SIM2003`", "[`sim explain SIM2003`](../codes/SIM2003.md)"),
        ("docs/index.md", "`SIM1234`", "`SIM1234`"),
        ("docs/index.md", "`sim replay 4 --open`", TO_FOUR),
        ("docs/how-to/ci.md", "`sim replay 04 --open`", TO_FOUR.replace("replay/", "../replay/")),
        ("docs/index.md", "`sim replay NAME --open`", "`sim replay NAME --open`"),
        ("docs/index.md", "[a](../scenarios)", "[a](reference/scenarios.md)"),
        ("docs/index.md", "[a](https://kubernetes.io)", "[a](https://kubernetes.io)"),
        ("docs/index.md", "```sh\n[a](../README.md)\n```\n", "```sh\n[a](../README.md)\n```\n"),
    ],
    ids=lambda text: text.replace("\n", " "),
)  # fmt: skip
def test_a_link_through_the_repository_leads_through_the_site(source, written, staged):
    assert links.for_site(written, source) == staged


def test_a_link_off_the_site_is_an_error_with_a_way_out():
    with pytest.raises(LookupError, match=r"tests/shop\.py is not on the site; give it a place"):
        links.for_site("[a](../tests/shop.py)", "docs/index.md")


def test_a_picture_of_two_themes_becomes_one_for_each():
    source = '<source media="(prefers-color-scheme: dark)" srcset="images/a-dark.png">'
    text = pictures.for_site(
        f'<picture>{source}<img alt="One &amp; all" src="images/a.png" width="960"></picture>'
    )
    assert text.count(":alt: One & all\n") == 2
    assert "{image} images/a.png\n:alt: One & all\n:class: only-light" in text
    assert "{image} images/a-dark.png\n:alt: One & all\n:class: only-dark" in text


def test_a_small_picture_keeps_its_width_and_leads_to_itself_in_full_size():
    source = '<source media="(prefers-color-scheme: dark)" srcset="images/polls/a-dark.png">'
    text = pictures.for_site(
        f'<picture>{source}<img alt="One" src="images/polls/a.png" width="300"></picture>'
    )
    options = (":alt: One", ":class: only-light small", ":target: _images/a.png", ":width: 300px")
    assert text.startswith("\n".join(("```{image} images/polls/a.png", *options, "```")))
    assert ":class: only-dark small\n:target: _images/a-dark.png" in text


def test_no_picture_of_two_themes_is_left_as_html():
    assert [
        page.name for page in DOCS.glob("*.md") if "<picture" in pictures.for_site(page.read_text("utf-8"))
    ] == []


def test_the_page_of_live_pages_lists_every_scenario_and_lesson_once():
    text = (DOCS / "play.md").read_text("utf-8")
    rows = re.findall(
        r"^\| (?:`(.+)`|(\d+)) \| (.+?) \| .+ \| \d+ \| `sim replay (\S+) --open` \|$", text, re.M
    )
    assert all((name or number) == replayed for name, number, _, replayed in rows)
    asked = {str(with_number(name, shipped_scenarios())): question for *_, question, name in rows}
    assert asked == {name: load_experiment(name).scenario.question for name in shipped_scenarios()}
    assert len(rows) == len(asked)


def test_a_notebook_of_a_lesson_leads_to_its_live_page_and_keeps_the_rest():
    for path, text in notebooks.pages():
        written = DOCS.parent / path
        if not written.is_file() or written.stem not in shipped_scenarios():
            continue
        cells, kept = json.loads(text)["cells"], json.loads(written.read_text("utf-8"))["cells"]
        assert f"../replay/{written.stem}.html#predict" in cells[0]["source"]
        assert [cell for cell in cells[1:] if not cell.get("id", "").startswith("picture-")] == kept[1:]


def test_what_is_drawn_before_a_question_stands_below_its_cell_and_nothing_else_does():
    found = dict(notebooks.pages())
    drawn = {path: re.findall(r"\{image\} (\S+)\.png", text) for path, text in found.items()}
    first = "../images/lessons/first/computers"
    assert {path: files for path, files in drawn.items() if files} == {
        "notebooks/00-the-switchboard.ipynb": [first, f"{first}-dark"]
    }


def test_every_command_has_an_example():
    assert set(commands.SAID) == set(cli.names)


def test_every_code_but_those_that_nothing_says_has_an_example():
    assert set(CODES) - set(codes.examples()) == {"SIM2023"}


def test_a_page_that_no_part_names_stands_in_the_last():
    shown = structure.parts(["index", "model", "new", "codes/SIM1001"])
    assert shown["Understand"] == ["model"]
    assert next(reversed(shown.values())) == ["new"]


def test_every_table_of_the_scenario_file_has_types():
    text = scenario_keys.with_types((DOCS / "scenario.md").read_text("utf-8"))
    assert "| key | default |" not in text
    assert text.count("| key | type | default | meaning |") == len(scenario_keys.MODELS)
    assert "| `connect_timeout` | time above 0 | 10 s |" in text
    assert "| `arrivals` | `poisson` or `constant` or section | `poisson` |" in text


@pytest.mark.parametrize("file", sorted(DOCS.rglob("schemas/**/*.json")), ids=lambda file: file.stem)
def test_every_key_of_a_schema_stands_on_its_page(file):
    schema = json.loads(file.read_text("utf-8"))
    text = schemas.page(schema, "x.json")
    keys = {key for key, *_ in schemas.rows(schema)}
    for inner in schema.get("$defs", {}).values():
        keys |= {key for key, *_ in schemas.rows(inner)}
    assert {key for key in keys if f"| `{key}` |" not in text} == set()
    assert {name for name in schema.get("$defs", {}) if f"\n## {name}\n" not in text} == set()


def test_a_difference_is_that_of_diff():
    assert codes.difference({"a": "x\ny\n"}, {"a": "x\nz\n"}).splitlines()[3:] == [" x", "-y", "+z"]


WORDS = {"exponential, 1 s": Distribution("exponential", 1.0)}


def default_of(written: str) -> object:
    """A default as the page writes it, or None where it is said in other words."""
    if re.fullmatch(r"`[^\[{`]+`", written):
        return written.strip("`")
    value = WORDS.get(written) or yaml.safe_load(written.strip("`"))
    if isinstance(value, str) and re.fullmatch(r"[\d.]+ ?m?s", value):
        return seconds(value.replace(" ", ""))
    return tuple(value) if isinstance(value, list) else value


def plain_of(default: object) -> object:
    """A default of the model as a page can write it: a constant time is that time."""
    constant = isinstance(default, Distribution) and default.kind == "constant"
    return default.mean_s if constant else default


@pytest.mark.parametrize("head", scenario_keys.MODELS)
def test_a_default_that_the_page_gives_is_that_of_the_model(head):
    body = (DOCS / "scenario.md").read_text("utf-8").split(f"\n## {head}\n")[1].split("\n## ")[0]
    fields = scenario_keys.MODELS[head].model_fields
    written = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", body, re.MULTILINE))
    plain = {
        k: plain_of(f.default)
        for k, f in fields.items()
        if isinstance(f.default, str | int | float | Distribution)
    }
    assert {key: default_of(written[key]) for key in plain} == plain
    assert {key for key, field in fields.items() if field.is_required()} == {
        key for key, text in written.items() if text == "required"
    }
