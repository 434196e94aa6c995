"""What people type out of habit is answered with the way to ask; a name that is not there with the one that is meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from command import sim

from sim.cli.habits import HABITS

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

SHOP = "scenarios/shop/manifests"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("tarce", "trace"),
        ("help tarce", "trace"),
        ("trace --controler x", "--controller"),
        ("explain SMI2003", "SIM2003"),
        ("model ingres", "ingress-nginx"),
        ("run shpo", "shop"),
        ("run shop --engine replai", "replay"),
        ("run shop --plan single-ingres", "single-ingress"),
        ("sweep shop replica=1,2", "replicas"),
        ("cost --services 3 --provider asw", "aws"),
        ("cost --services 3 --product nbl", "nlb"),
        ("cost --services 3 --chart-theme drak", "dark"),
        ("cost --services 3 --chart a.png --chart-kind bil", "bill"),
        ("completion bsh", "bash"),
        (f"inspect -f {SHOP} -o jsn", "json"),
        (f"rules -f {SHOP} --node nod-a", "node-a"),
        (f"rules -f {SHOP} --mode ipv --node node-a", "ipvs"),
        (f"rules -f {SHOP} --mode ipvs --scheduler wlcc", "wlc"),
        (f"rules -f {SHOP} --node node-a --without-pod shop/cart-", "shop/cart-2"),
        (f"spread -f {SHOP} --service shop/serch", "shop/search"),
        (f"trace -f {SHOP} --to lb:shop/serch http://shop.example.com", "lb:shop/search"),
        (f"trace -f {SHOP} --from node:nod-a tcp://10.0.0.1:80", "node:node-a"),
        (f"trace -f {SHOP} --from node:node-a tcp://serch.shop:80", "search.shop"),
        (f"trace -f {SHOP} --controller traefk http://shop.example.com", "traefik"),
        (f"compare -f {SHOP} --expose shop/serch", "shop/search"),
        (f"compare -f {SHOP} --rps shop/serch=3", "shop/search"),
        (f"inspect -f {SHOP}x", SHOP),
    ],
)
def test_a_mistyped_name_gets_the_one_that_is_meant(words, meant):
    done = sim(*words.split())
    assert done.status == 2
    assert f"id you mean {meant}" in done.said.replace("'", ""), done.err


@pytest.mark.parametrize("option", HABITS)
def test_a_habit_of_another_command_is_answered(option):
    done = sim("trace", "-f", SHOP, option, "x", "http://shop.example.com/")
    assert done.status == 2
    assert " ".join(HABITS[option].split()) in " ".join(done.err.split())


def test_no_option_that_exists_counts_as_a_habit():
    from sim.cli import cli

    taken = {
        name for command in map(cli.listed, cli.names) for option in command.params for name in option.opts
    }
    assert not taken & set(HABITS)


@pytest.mark.parametrize(
    ("url", "instead"),
    [
        ("wss://shop.example.com/live?x=1", "https://shop.example.com/live?x=1"),
        ("ws://shop.example.com", "http://shop.example.com"),
    ],
)
def test_a_protocol_inside_http_is_asked_as_a_request(url, instead):
    done = sim("trace", "-f", SHOP, url)
    assert done.status == 2
    assert f"fix: write {instead};" in done.said


def test_help_and_version_are_commands_too():
    assert sim("help").out == sim("--help").out
    assert sim("version").out == sim("--version").out
    assert sim("help", "trace").out == sim("trace", "--help").out


@pytest.mark.parametrize(
    "words",
    [
        f"trace -f {SHOP} http://shop.example.com/",
        f"inspect -f {SHOP}",
        f"rules -f {SHOP} --node node-a",
        f"spread -f {SHOP} --service shop/search --connections 10",
        "diff scenarios/fanout/manifests --controller spec --controller traefik",
        "cost --services 3",
        "run shop --requests 20",
    ],
)
def test_yaml_holds_what_json_holds(words):
    as_json, as_yaml = (sim(*words.split(), "-o", form) for form in ("json", "yaml"))
    assert as_yaml.status == as_json.status
    assert yaml.safe_load(as_yaml.out) == json.loads(as_json.out)


@pytest.mark.parametrize(
    ("words", "product"), [("--product alb", "alb"), ("--provider aws --product clb", "clb")]
)
def test_a_comparison_prices_the_product_that_is_named(words, product):
    done = sim("compare", "fanout", "--requests", "20", "-o", "json", *words.split())
    stated = json.loads(sim("compare", "fanout", "--requests", "20", "-o", "json").out)["plans"][0]["monthly"]
    monthly = json.loads(done.out)["plans"][0]["monthly"]
    assert monthly["total"] != stated["total"]
    assert product in json.dumps(monthly).lower()


@pytest.mark.parametrize("flag", ["--chart", "--out"])
def test_a_picture_has_one_name_everywhere_and_the_old_one_is_kept(flag, tmp_path):
    picture = tmp_path / "graph.svg"
    assert sim("topology", "-f", SHOP, flag, str(picture)).status == 0
    assert picture.read_text().startswith("<?xml")


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\nspec: {ports: [{port: 80}]}\n"


@pytest.fixture
def folder(tmp_path):
    """A folder as of a chart: two manifests, one of them below, and files for other programs."""
    (tmp_path / "templates" / "sub").mkdir(parents=True)
    (tmp_path / "a.yaml").write_text(SERVICE.replace("NAME", "a"))
    (tmp_path / "templates" / "b.yaml").write_text(SERVICE.replace("NAME", "b"))
    (tmp_path / "templates" / "sub" / "c.yaml").write_text(SERVICE.replace("NAME", "c"))
    (tmp_path / "values.yaml").write_text("image: {tag: 1}\n")
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "list.yml").write_text("- 1\n- 2\n")
    return tmp_path


def services_in(done) -> list[str]:
    return sorted(key for keys in json.loads(done.out)["services"].values() for key in keys)


def test_files_of_other_programs_in_a_folder_are_skipped_with_a_word(folder):
    done = sim("inspect", "-f", str(folder), "-o", "json")
    assert done.status == 0
    skipped = [f["source"] for f in json.loads(done.out)["findings"] if f["code"] == "SIM1010"]
    assert skipped == [f"{folder / name}:1:1" for name in ("list.yml", "package.json", "values.yaml")]
    assert "values.yaml" in sim("trace", "-f", str(folder), "http://a.example.com").err


def test_a_file_that_is_named_must_be_a_manifest(folder):
    assert sim("inspect", "-f", str(folder / "values.yaml")).status == 2


def test_a_folder_without_any_manifest_is_a_mistake(folder):
    assert sim("inspect", "-f", str(folder), "--exclude", "templates", "--exclude", "a.yaml").status == 2


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ([], ["default/a", "default/b", "default/c"]),
        (["templates"], ["default/a"]),
        (["templates/"], ["default/a"]),
        (["templates/sub"], ["default/a", "default/b"]),
        (["*.yaml"], []),
        (["templates/*.yaml"], ["default/a"]),
        (["a.yaml", "sub"], ["default/b"]),
    ],
)
def test_what_fits_a_pattern_is_left_out_of_folders(folder, patterns, left):
    options = [word for pattern in patterns for word in ("--exclude", pattern)]
    done = sim("inspect", "-f", str(folder), *options, "-o", "json")
    assert services_in(done) == left


def printed(columns: str | None, *words: str) -> str:
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"} | ({"COLUMNS": columns} if columns else {})
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words], env=env, capture_output=True, text=True, check=False
    )
    return done.stdout


def test_paths_are_whole_where_the_output_is_no_terminal(folder):
    deep = folder / "a-folder-whose-name-is-long" / "another-folder-whose-name-is-long-too"
    deep.mkdir(parents=True)
    ingress = Path("scenarios/fanout/manifests/ingress.yaml").read_text()
    (deep / "ingress.yaml").write_text(ingress)
    assert f"{deep}/ingress.yaml:" in sim("inspect", "-f", str(deep)).out
    assert f"{deep}/ingress.yaml:" in sim("trace", "-f", str(deep), "http://fanout.example.com/foo").out


@pytest.mark.parametrize(("columns", "widest"), [(None, 80), ("132", 132), ("nonsense", 80), ("20", 80)])
def test_columns_of_the_environment_are_used(columns, widest):
    lines = printed(columns, "cost", "--services", "12", "--provider", "all").splitlines()
    assert widest - 30 < max(map(len, lines)) <= widest


def test_a_comparison_of_one_plan_writes_out_the_command_that_takes_two():
    said = " ".join(sim("compare", "keep-alive-pins").err.split())
    assert said.endswith("sim compare keep-alive-pins --plan lb-per-service --plan single-ingress")
    words = said.partition("sim compare")[2].split()
    assert sim("compare", *words, "--requests", "20").status == 0
