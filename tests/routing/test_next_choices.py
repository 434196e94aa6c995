"""The next choices of a proxy that has just started: which, why, and what chance has to do with it."""

from __future__ import annotations

import json

import pytest
from command import sim

from sim.routing.proxies import PROGRAMS
from sim.routing.proxies.playing import NEXT, Chooser
from sim.routing.proxies.values import Backend

METHODS = [method for methods in PROGRAMS.values() for method in methods.values()]
HASHED = {"ip-hash", "hash", "hash-consistent", "ring-hash", "maglev"} | {
    f"{name}{more}" for name in ("source", "uri", "hdr") for more in ("", "-consistent")
}


def chooser(program: str, name: str, *weights: int, drawn: bool = False) -> Chooser:
    """Backends a, b, c, … of these weights."""
    listed = tuple(Backend("abcdefgh"[n], f"10.0.0.{n + 1}:80", weight=w) for n, w in enumerate(weights))
    draws = tuple(((n * 0.37 + 0.11) % 1, (n * 0.73 + 0.29) % 1, 0.5, 0.5) for n in range(NEXT))
    return Chooser(
        "shop/web:80", PROGRAMS[program][name], listed, "/cart", "203.0.113.9", drawn=draws if drawn else ()
    )


def test_smooth_turns_of_nginx_say_why() -> None:
    """The order of nginx's own example: weights 5, 1, 1 give a a b a c a a."""
    found = chooser("nginx", "round-robin", 5, 1, 1)
    assert "".join(str(p.name) for p in found.picks) == "aabacaaa"
    assert found.chance == "none"
    assert found.picks[0].because == "current weight 5 of 7, the highest"
    assert found.picks[2].because == "current weight 3 of 7, the highest"


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.full_name)
def test_what_chance_decides(method: object) -> None:
    """Picks are shown unless chance makes each; then the shares are, and they are whole."""
    name, program = method.name, method.program  # type: ignore[attr-defined]
    plain, seeded = chooser(program, name, 1, 1, 1), chooser(program, name, 1, 1, 1, drawn=True)
    assert len(seeded.picks) == NEXT
    assert {p.name for p in seeded.picks} <= set("abc")
    if plain.chance == "each":
        assert not plain.picks
        assert sum(plain.shares) == pytest.approx(1.0)
        assert min(plain.shares) > 0.2
    else:
        assert len(plain.picks) == NEXT
        assert plain.shares == ()
    if name in HASHED:
        assert plain.chance == "none"
        assert len({p.name for p in plain.picks}) == 1


def test_shares_of_chance_follow_the_weights_where_the_program_does() -> None:
    """nginx draws by weight, Envoy does not."""
    assert chooser("nginx", "random", 2, 1, 1).shares == pytest.approx((0.5, 0.25, 0.25))
    assert chooser("envoy", "random", 2, 1, 1).shares == pytest.approx((1 / 3, 1 / 3, 1 / 3), abs=0.02)


def test_turns_of_a_worker_begin_by_chance() -> None:
    """ingress-nginx: the place is drawn, then the list is gone through."""
    assert chooser("ingress-nginx", "round-robin", 1, 1, 1).chance == "start"
    drawn = [p.name for p in chooser("ingress-nginx", "round-robin", 1, 1, 1, drawn=True).picks]
    assert "".join(map(str, drawn)) in "abc" * NEXT


URL = ("--scenario", "shop", "--plan", "single-ingress", "http://catalogue.shop.example/")


@pytest.mark.parametrize("profile", ["ingress-nginx", "nginx-inc"])
def test_the_command_says_it_at_the_controller(profile: str) -> None:
    """One row, more of them with --all-rules, and all of it as JSON."""
    asked = ("trace", *URL, "--controller", profile)
    hops = json.loads(sim(*asked, "-o", "json").out)["hops"]
    (said,) = (c for hop in hops for c in hop.get("choices", ()) if hop["kind"] == "controller")
    text = " ".join(sim(*asked).out.split())
    assert f"a fresh {'worker' if said['state'] == 'worker' else 'proxy'}" in text
    assert f"{said['algorithm']} of {said['program']}:" in text
    every = " ".join(sim(*asked, "--all-rules").out.split())
    for number, pick in enumerate(said["next"], 1):
        assert f"choice {number} {pick['name'].rpartition('/')[2]}: {pick['because']}" in every


def test_a_seed_draws_the_pod_that_the_proxy_chooses_first() -> None:
    """Where chance is part of how it chooses, the drawn Pod is its first choice."""
    for seed in range(4):
        shown = json.loads(sim("trace", *URL, "--seed", str(seed), "-o", "json").out)
        (said,) = (c for hop in shown["hops"] for c in hop.get("choices", ()))
        assert shown["final"]["pod"] == said["next"][0]["name"]


def test_one_pod_is_no_choice() -> None:
    """Nothing is said where there is nothing to choose."""
    shown = sim("trace", "--scenario", "gateway-weights", "http://shop.example.com/cart", "-o", "json").out
    backends = [c["backend"] for hop in json.loads(shown)["hops"] for c in hop.get("choices", ())]
    assert "shop/web-next:80" not in backends
