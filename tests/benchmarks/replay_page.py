"""Frames per second of the page of a replay while it plays, with 200 requests in view, in headless Chromium.

python tests/benchmarks/replay_page.py [SECONDS]

Runs of a shared machine are noisy; a frame comes at most every sixtieth of a second.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from live import browser
from small import HOST, app, experiment

from sim.api import replay

IN_VIEW, ROUND_TRIP_S, DURATION_S = 200, 0.1, 10.0
COUNT = """(seconds) => new Promise((done) => {
  const { replay } = document.getElementById('replay'), { runs } = replay
  const frames = [], drawn = []
  replay.faster(0.01)
  replay.seek(runs[0].endS / 2)
  replay.play(true)
  const since = performance.now()
  const tick = (now) => {
    frames.push(now)
    drawn.push(replay.counts()[0].inFlight)
    if (now - since < seconds * 1000) return requestAnimationFrame(tick)
    const gaps = frames.slice(1).map((t, k) => t - frames[k]).sort((a, b) => a - b)
    drawn.sort((a, b) => a - b)
    done({ fps: 1000 * gaps.length / (frames.at(-1) - frames[0]), worst: gaps[Math.floor(0.99 * gaps.length)],
      drawn: drawn[Math.floor(drawn.length / 2)] })
  }
  requestAnimationFrame(tick)
})"""


def page() -> str:
    """A page with some 200 requests on their way at any time."""
    row = {"host": HOST, "rps": IN_VIEW / ROUND_TRIP_S, "duration_s": DURATION_S, "keep_alive": 20}
    found = experiment(app(pods=6), traffic=[row], latency={"client": f"{ROUND_TRIP_S}s"})
    return replay(found).html()


def main() -> None:
    """Open the page, let it play, print what was counted."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    if browser.missing():
        raise SystemExit(browser.missing())
    with tempfile.TemporaryDirectory() as folder, browser.browser() as running:
        file = Path(folder) / "page.html"
        file.write_text(page(), encoding="utf-8")
        with browser.opened(running, file) as found:
            counted = found.page.evaluate(COUNT, seconds)
    print(
        f"{counted['drawn']} requests in view: {counted['fps']:.1f} frames per second, "
        f"99 % of the frames within {counted['worst']:.0f} ms"
    )


if __name__ == "__main__":
    main()
