"""When a phone has painted the largest thing of a page, and what it loaded until then.

    python -m benchmarks.paint [--loads N] [--slower N]

A real Chromium of 375 by 667, so much slower than this machine, with nothing in its cache, over the
networks that its developer tools call Fast 4G and Slow 4G. The best of several loads is told, in milliseconds
from the navigation on (Largest Contentful Paint): whatever else runs on the machine only adds to it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.site import Site, running_site

TARGET_MS = 1_000


@dataclass(frozen=True)
class Network:
    """latency_ms: of each request. kilobits: a second, down."""

    name: str
    latency_ms: float
    kilobits: float


# As Chromium's developer tools have them (front_end/core/sdk/NetworkManager.ts).
NETWORKS = (Network("Fast 4G", 165, 8_100), Network("Slow 4G", 562.5, 1_440))

_WATCH = """window.painted = [];
new PerformanceObserver(list => painted.push(...list.getEntries()
  .map(e => [e.startTime, (e.element && e.element.tagName) || ''])))
  .observe({type: 'largest-contentful-paint', buffered: true})"""
_FOUND = """() => { const last = painted[painted.length - 1]; return [...last, ['navigation', 'resource']
  .flatMap(kind => performance.getEntriesByType(kind)).filter(e => e.responseEnd <= last[0])
  .reduce((sum, e) => sum + e.transferSize, 0)] }"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paint", description=__doc__)
    parser.add_argument("--loads", type=int, default=5, help="of each page [5]")
    parser.add_argument("--slower", type=float, default=4, help="how much slower than here the phone is [4]")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="credserv-bench-") as folder,
        running_site(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        path = str(CHROMIUM) if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for network in NETWORKS:
            for name, address in _pages(site):
                painted = [_load(browser, network, address, options.slower) for _ in range(options.loads)]
                at, what, size = min(painted)
                missed = "" if at <= TARGET_MS else "  missed"
                told = f"{network.name:8s} {name:12s} {at:6.0f} ms  {size / 1000:6.1f} kB  {what.lower()}"
                sys.stdout.write(told + missed + "\n")
                sys.stdout.flush()
        browser.close()
    return 0


def _pages(site: Site) -> Iterator[tuple[str, str]]:
    yield "credential", f"{site.url}/credentials/{site.ids['valid']}"
    yield "share", site.share("valid")
    yield "verify", f"{site.url}/verify"
    yield "achievement", f"{site.url}/achievements/mentor-foundation"
    yield "home", f"{site.url}/"


def _load(browser: Browser, network: Network, address: str, slower: float) -> tuple[float, str, int]:
    """When the largest paint was, of which element, and how many bytes had come by then."""
    context = browser.new_context(viewport={"width": 375, "height": 667}, device_scale_factor=2)
    page = context.new_page()
    page.add_init_script(_WATCH)
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    bytes_per_second = network.kilobits * 1_000 / 8
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": network.latency_ms,
            "downloadThroughput": bytes_per_second,
            "uploadThroughput": bytes_per_second,
        },
    )
    page.goto(address, wait_until="networkidle")
    while not page.evaluate("painted.length"):
        page.wait_for_timeout(100)
    found = page.evaluate(_FOUND)
    context.close()
    return float(found[0]), str(found[1]), int(found[2])


if __name__ == "__main__":
    sys.exit(main())
