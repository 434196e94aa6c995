"""Very large input: all of it is read, in bounded memory."""

from __future__ import annotations

import pytest
from measured import measured

MOST_CPU_S, MOST_MB = 60, 2000
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: config-{n}}}\ndata:\n  page.html: |\n{page}---\n"
PAGE = "".join(f"    <p>{'lorem ipsum ' * 8}{n}</p>\n" for n in range(400))
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: web-{n}}}\nspec: {{selector: {{app: web-{n}}}, ports: [{{port: 80}}]}}\n---\n"
SMALL = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c-{n}, labels: {{app: web, tier: t-{n}}}}}\ndata: {{a: b, c: d, e: f}}\n---\n"


def long_texts():
    """50 MB in long texts, as charts with dashboards have them, and a Service at its end."""
    count = 50 * 10**6 // len(CONFIG.format(n=0, page=PAGE)) + 1
    return "".join(CONFIG.format(n=n, page=PAGE) for n in range(count)) + SERVICE.format(n=0)


def many_objects():
    """5 MB of small objects."""
    return "".join(SMALL.format(n=n) for n in range(45_000)) + SERVICE.format(n=0)


@pytest.mark.parametrize(
    ("text", "size_mb"),
    [
        pytest.param(long_texts, 50, id="50 MB of long texts"),
        pytest.param(many_objects, 5, id="5 MB of small objects"),
    ],
)
def test_a_large_file_is_read_to_its_end_in_bounded_memory(text, size_mb, tmp_path):
    file = tmp_path / "large.yaml"
    file.write_text(text())
    assert file.stat().st_size >= size_mb * 10**6
    done = measured("inspect", "-f", str(file))
    assert "default/web-0" in done.text
    assert done.status == 0
    assert done.cpu_s is not None
    assert done.cpu_s < MOST_CPU_S
    assert done.resident_mb is None or done.resident_mb < MOST_MB
