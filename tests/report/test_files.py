"""Files are written whole or not at all, and never over what the command has read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from sim.errors import UsageError
from sim.manifests.reading.loading import read_text
from sim.manifests.reading.opened import remembering
from sim.report.files import write


@pytest.fixture
def old(tmp_path) -> Path:
    file = tmp_path / "old.yaml"
    file.write_text("kept")
    return file


def other_names(file: Path) -> dict[str, str]:
    """Ways to say the same file."""
    (file.parent / "soft").symlink_to(file)
    os.link(file, file.parent / "hard")
    (file.parent / "folder").mkdir()
    return {
        "itself": str(file),
        "a detour": f"{file.parent}/folder/../{file.name}",
        "a link": str(file.parent / "soft"),
        "a second name": str(file.parent / "hard"),
        "from here": os.path.relpath(file),
    }


def test_an_input_is_not_written_over_whatever_it_is_called(old):
    with remembering():
        read_text(str(old))
        for how, name in other_names(old).items():
            with pytest.raises(UsageError, match="is read by this command"):
                write(name, "new")
            assert old.read_text() == "kept", how


def test_what_was_not_read_is_written_over(old):
    write(str(old), "new")
    assert old.read_text() == "new"
    assert os.listdir(old.parent) == ["old.yaml"]


def test_the_mode_of_a_file_stays_and_a_link_stays_a_link(old):
    old.chmod(0o640)
    (old.parent / "soft").symlink_to(old)
    write(str(old.parent / "soft"), "new")
    assert (old.parent / "soft").is_symlink()
    assert old.read_text() == "new"
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


def test_on_a_full_disk_the_old_file_stays_and_no_half_of_a_new_one(old, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UsageError, match=r"old\.yaml: cannot be written: No space left on device"):
        write(str(old), "new")
    assert old.read_text() == "kept"
    assert os.listdir(old.parent) == ["old.yaml"]


@pytest.mark.parametrize(
    "name", ["no/such/folder/a.html", "a\0b", "x" * 300, "/", "/dev/full"], ids=lambda n: repr(n[:20])
)
def test_what_cannot_be_written_is_said(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="cannot be written"):
        write(name, "new")


def test_what_is_no_file_is_written_into(tmp_path):
    write("/dev/null", "new")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
