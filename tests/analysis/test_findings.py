"""Each finding has manifests that raise it, at its line and with a way out, and a near twin that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import sim, width
from findings_pairs import APP, FRONT, INGRESS, PAIRS, SECRET, SERVICE, Pair

from sim.analysis.codes import CODES
from sim.analysis.inspect import inspect
from sim.manifests.reading.loading import load

OF_FINDINGS = sorted(code for code in CODES if code.startswith("SIM1"))


def found(files: dict[str, str], folder: Path):
    for name, text in files.items():
        (folder / name).write_text(text)
    return inspect(load([str(folder)])).findings


def test_every_code_of_a_finding_has_a_pair():
    assert sorted({pair.code for pair in PAIRS}) == OF_FINDINGS


@pytest.mark.parametrize("pair", [pytest.param(p, id=p.id) for p in PAIRS])
def test_the_mistake_is_found_and_its_twin_is_not(pair: Pair, tmp_path):
    (tmp_path / "sound").mkdir()
    (tmp_path / "broken").mkdir()
    assert pair.code not in {f.code for f in found(pair.sound, tmp_path / "sound")}
    said = [f for f in found(pair.broken, tmp_path / "broken") if f.code == pair.code]
    assert len(said) == 1, said
    file, line, column = said[0].source.rsplit(":", 2)
    lines = Path(file).read_text().split("\n")
    assert 1 <= int(line) <= len(lines)
    assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
    assert said[0].message


@pytest.mark.parametrize("pair", [pytest.param(p, id=p.id) for p in PAIRS if p.code > "SIM11"])
def test_the_finding_stands_where_the_mistake_was_made(pair: Pair, tmp_path):
    """On a line that the twin does not have; or, for what is missing, at the object that misses it."""
    said = next(f for f in found(pair.broken, tmp_path) if f.code == pair.code)
    file, line, _ = said.source.rsplit(":", 2)
    wrong = Path(file).read_text().split("\n")[int(line) - 1]
    added = set("".join(pair.broken.values()).split("\n")) - set("".join(pair.sound.values()).split("\n"))
    elsewhere = {"SIM1102", "SIM1106", "SIM1107", "SIM1109", "SIM1110", "SIM1112", "SIM1113", "SIM1207", "SIM1208", "SIM1209", "SIM1305", "SIM1306", "SIM1307", "SIM1405", "SIM1406", "SIM1409", "SIM1410", "SIM1506", "SIM1507", "SIM1111", "SIM1201", "SIM1202", "SIM1203",
                 "SIM1301", "SIM1304", "SIM1401", "SIM1402", "SIM1403", "SIM1404", "SIM1501", "SIM1504", "SIM1603"}  # fmt: skip
    assert wrong in added or pair.code in elsewhere, wrong


@pytest.mark.parametrize("code", OF_FINDINGS)
def test_each_has_a_page(code):
    done = sim("explain", code)
    assert done.status == 0
    assert max(map(width, done.out.split("\n"))) <= 80


def test_who_wins_a_path_that_is_claimed_twice_is_who_answers(tmp_path):
    pair = next(p for p in PAIRS if p.code == "SIM1301")
    said = next(f for f in found(pair.broken, tmp_path) if f.code == "SIM1301")
    (tmp_path / "front.yaml").write_text(FRONT)
    answer = sim("trace", "-f", str(tmp_path), "https://shop.example.com/web")
    winner = said.message.rpartition("; ")[2].removesuffix(" wins")
    assert winner == "shop/web rules[0].paths[0]"
    assert f"({winner}" in " ".join(answer.out.split()), answer.out


def test_one_bad_object_hides_no_finding(tmp_path):
    """A heap of every mistake at once: each is still found, but for those of an object that another replaces."""
    elsewhere = {"SIM1009", "SIM1021", "SIM1030"}
    texts = [
        p for p in PAIRS if set(p.broken) == {"a.yaml"} and p.code < "SIM1100" and p.code not in elsewhere
    ]
    for number, pair in enumerate(texts):
        (tmp_path / f"{number}.yaml").write_text(pair.broken["a.yaml"])
    codes = {f.code for f in inspect(load([str(tmp_path)])).findings}
    assert codes >= {p.code for p in texts}


HELD = [
    ("replacements: [{path: r.yaml}]\n", {"SIM1101", "SIM1302"}),
    ("vars: [{name: X}]\n", {"SIM1101", "SIM1302"}),
    ("transformers: [t.yaml]\n", {"SIM1101", "SIM1302"}),
    ("helmCharts: [{name: c}]\n", {"SIM1101"}),
    ("generators: [g.yaml]\n", {"SIM1101"}),
    ("namePrefix: a-\n", set()),
    ("crds: [c.yaml]\n", set()),
]


@pytest.mark.parametrize(("part", "held"), HELD)
def test_findings_wait_for_what_may_mend_them(part, held, tmp_path):
    """What adds objects holds back what is missing; what changes them holds back all; what is applied nothing."""
    twins = INGRESS.replace("name: web\n            port", "name: gone\n            port")
    twins += "      - {path: /web/, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n"
    files = {
        "kustomization.yaml": f"resources: [app.yaml]\n{part}",
        "app.yaml": f"{twins}---\n{APP}---\n{SECRET}",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    codes = {f.code for f in inspect(load([str(tmp_path)])).findings}
    assert codes & {"SIM1101", "SIM1302"} == {"SIM1101", "SIM1302"} - held
    assert ("SIM1113" in codes) is bool(held)


def test_a_template_that_is_not_rendered_may_hold_what_is_missing(tmp_path):
    (tmp_path / "ingress.yaml").write_text(INGRESS)
    (tmp_path / "service.yaml").write_text(SERVICE.replace("name: web", "name: {{ .Release.Name }}"))
    codes = {f.code for f in inspect(load([str(tmp_path)])).findings}
    assert codes == {"SIM1005", "SIM1113"}
