"""Ten broken applications as people really have them: explained rightly, and mended by the patch that is proposed.

The manifests are in tests/broken, numbered as the complaints are that they come from. The patch is applied by the
program `patch` to a copy; then the request is served, and `sim diff` finds nothing else that changed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from command import sim, width

BROKEN = Path(__file__).parents[1] / "broken"


@dataclass(frozen=True)
class Row:
    """A complaint: what is asked, what is said about it, what serves it.

    Args:
        state, code: how it ends; the code of the end, or of the note beside an answer that is in doubt.
        says: words of the reason.
        source: the line that is to blame.
        patch: lines of the patch, without the space before them.
        backend: that serves the request then.
        others: paths and URLs whose answers change too, because truth says so.
    """

    folder: str
    url: str
    state: str
    code: str
    says: tuple[str, ...]
    source: str
    patch: tuple[str, ...]
    backend: str
    others: tuple[str, ...] = ()


ROWS = [
    Row("01-host", "http://www.shop.example.com/api/v1", "answered-by-proxy 404", "SIM2004",
        ("no rule for host www.shop.example.com",), "web.yaml:14",
        ("+ - host: www.shop.example.com", "+ - path: /api"), "shop/api:80"),
    Row("02-path-type", "http://shop.example.com/cart/42", "answered-by-proxy 404", "SIM2005",
        ("no path of shop.example.com matches /cart/42",), "ingress.yaml:13",
        ("- pathType: Exact", "+ pathType: Prefix"), "shop/cart:80"),
    Row("02-path-type", "http://shop.example.com/cart/", "answered-by-proxy 404", "SIM2005",
        ("no path of shop.example.com matches /cart/",), "ingress.yaml:13",
        ("- pathType: Exact", "+ pathType: Prefix"), "shop/cart:80"),
    Row("03-class", "http://reports.example.com/", "answered-by-proxy 404", "SIM2006",
        ("there is no IngressClass public-ngnix",), "ingress.yaml:11",
        ("- ingressClassName: public-ngnix", "+ ingressClassName: public-nginx"), "office/reports:80"),
    Row("04-no-endpoints", "http://bank.example.com/accounts/7", "answered-by-proxy 503", "SIM2003",
        ("no Pod has the labels app=account, tier=backend",), "app.yaml:20",
        ("- app: account", "+ app: accounts"), "bank/accounts:80"),
    Row("05-target-port", "http://blog.example.com/", "delivered", "SIM1105",
        ("port 8080", "declare 3000", "502"), "app.yaml:21",
        ("- targetPort: 8080", "+ targetPort: 3000"), "web/blog:80"),
    Row("05-target-port", "http://blog.example.com/feed", "answered-by-proxy 503", "SIM2014",
        ("has a port named 'web'",), "app.yaml:30", ("+ targetPort: http",), "web/feed:80"),
    Row("06-rewrite", "http://shop.example.com/admin/css/site.css", "delivered", "SIM2081",
        ("asked for /, not for /admin/css/site.css",), "app.yaml:8",
        ('+ nginx.ingress.kubernetes.io/rewrite-target: "/$2"', '+ - path: "/admin(/|$)(.*)"'), "shop/admin:80",
        # A Prefix beside a rewrite is open at its end; the pattern is not: /adminx was never meant.
        ("/adminx", "/admina", "/adminax", "/ADMINA", "/admina/never-used")),
    Row("07-regex", "http://www.example.com/docs", "answered-by-proxy 404", "SIM2005",
        ("use-regex of Ingress site/users", "/docs/ Prefix does not match /docs"), "docs.yaml:11",
        ('+ - path: "/docs(/|$)"', "+ pathType: ImplementationSpecific"), "site/docs:80",
        # A pattern of nginx has no letter case, whatever else is mended.
        ("/DOCS",)),
    Row("08-roll-out", "http://search.example.com/", "delivered", "SIM2082",
        ("search-7c9-old", "stopping", "no preStop hook", "502"), "cluster.yaml:33",
        ("+ lifecycle: {preStop: {sleep: {seconds: 5}}}",), "shop/search:80"),
    Row("16-certificate", "https://pay.example.com/", "delivered", "SIM2017",
        ("would refuse the default certificate",), "",
        ("- namespace: certificates", "+ namespace: shop"), "shop/pay:80"),
    Row("19-not-attached", "http://tickets.example.com/", "answered-by-proxy 404", "SIM2053",
        ("is not attached", "box-office", "from: Same"), "gateway.yaml:19",
        ("- from: Same", "+ from: All"), "box-office/tickets:80"),
]  # fmt: skip

each = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.folder} {row.url}")


def traced(url: str, status: Iterable[int] = (0, 1)) -> dict:
    done = sim("trace", "-f", ".", "-o", "json", url)
    assert done.status in status, done.err
    return json.loads(done.out)


def codes(trace: dict) -> set[str]:
    """The code of the end, and those of the notes beside it."""
    return {trace["final"]["code"], *(note["code"] for note in trace["notes"])} - {None}


@pytest.fixture
def mended(row, tmp_path):
    """A copy of the broken folder with the proposed patch applied, by the program `patch`."""
    copy = tmp_path / "mended"
    shutil.copytree(BROKEN / row.folder, copy)
    with chdir(copy):
        patch = sim("trace", "-f", ".", row.url, "--patch").out
        done = subprocess.run(["patch", "-p0"], input=patch, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fuzz" not in done.stdout
    return copy


@each
def test_the_fault_is_named_with_its_line(row):
    with chdir(BROKEN / row.folder):
        found = traced(row.url)
    final = found["final"]
    status = "" if final["status"] is None else f" {final['status']}"
    said = [final["message"], *(note["message"] for note in found["notes"])]
    sources = [final["source"] or "", *(note["source"] or "" for note in found["notes"])]
    assert final["state"] + status == row.state
    assert row.code in codes(found)
    assert all(any(words in text for text in said) for words in row.says), said
    assert row.source in sources


@each
def test_the_patch_changes_what_it_says(row):
    with chdir(BROKEN / row.folder):
        patch = traced(row.url)["final"]["patch"]
    lines = [f"{line[0]} {line[1:].strip()}" for line in patch.splitlines() if line[:1] in "+-"]
    assert all(any(wanted in line for line in lines) for wanted in row.patch), lines


@each
def test_the_patched_manifests_serve_the_request(row, mended):
    with chdir(mended):
        found = traced(row.url, status=(0,))
    assert found["final"]["state"] == "delivered"
    assert found["final"]["backend"] == row.backend
    assert row.code not in codes(found)
    assert "patch" not in found["final"]


@each
def test_no_other_answer_changes(row, mended):
    """What `sim diff` finds failed as the request did, or stands in the row because truth says so."""
    done = sim("diff", str(BROKEN / row.folder), str(mended), "-o", "json")
    urls = [d["request"]["url"] for d in json.loads(done.out)["differences"]]
    with chdir(BROKEN / row.folder):
        others = [url for url in urls if row.code not in codes(traced(url))]
        told = [change["url"] for change in traced(row.url)["final"]["patch_changes"]]
    assert {urlsplit(url).path for url in [*others, *told]} == set(row.others)


@each
def test_a_person_sees_the_change_in_80_columns(row):
    with chdir(BROKEN / row.folder):
        shown = sim("trace", "-f", ".", row.url).out
    lines = shown.splitlines()
    assert max(map(width, lines)) <= 80
    assert any(line.startswith("  patch  ") for line in lines)
    assert "--patch, into patch -p0" in shown
