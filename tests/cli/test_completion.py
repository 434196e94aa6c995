"""Completion in the shells themselves: bash, zsh and fish are started, and asked what comes next."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
ASKING = {
    "bash": """
eval "$(sim completion bash)"
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
[[ "{words}" == *" " ]] && COMP_WORDS+=("") && COMP_CWORD=$((COMP_CWORD + 1))
compopt() {{ echo "files: $*"; }}
_sim_completion sim
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    "zsh": """
autoload -U compinit && compinit -u -d "$HOME/.zcompdump"
eval "$(sim completion zsh)"
[[ $_comps[sim] == _sim_completion ]] || exit 9
compadd() {{ print -l -- $completions; }}
_describe() {{ print -l -- ${{completions_with_descriptions%%:*}}; }}
_path_files() {{ print "files: $*"; }}
words=({words}) CURRENT=$#words
[[ "{words}" == *" " ]] && words+=("") && CURRENT=$#words
_sim_completion
""",
    "fish": """
sim completion fish | source
complete -C '{words}' | string replace -r '\\t.*' ''; true
""",
}
"""What is typed into each; the candidates come out, one a line, or the word `files`."""
WITHOUT_SETTINGS = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}


def candidates(shell: str, words: str, folder: Path) -> list[str]:
    """What a shell offers after some words."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here: apt-get install {shell}")
    done = subprocess.run(
        [program, *WITHOUT_SETTINGS[shell], "-c", ASKING[shell].format(words=words)],
        capture_output=True, text=True, timeout=60, check=False, cwd=folder,
        env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ASKING)
def test_commands_options_and_scenarios_are_offered(shell, tmp_path):
    assert candidates(shell, "sim to", tmp_path) == ["topology"]
    assert candidates(shell, "sim run sh", tmp_path) == ["shop"]
    assert set(candidates(shell, "sim spread --mode ", tmp_path)) == {"iptables", "nftables", "ipvs", "all"}


@pytest.mark.parametrize("shell", ASKING)
def test_files_are_offered_where_files_are_meant(shell, tmp_path):
    (tmp_path / "ingress.yaml").write_text("")
    offered = candidates(shell, "sim trace -f in", tmp_path)
    assert any(word.startswith(("files: ", "ingress.yaml")) for word in offered)
