"""How long the phone's page keeps a collector waiting: Chromium slowed to a weak phone on a weak line, the real server behind it.

What is counted is the program's time, never the hand's. A form is *ready* when its first box is there and the frame with it has been
painted. One opening of a form is the sum of three waits, with the hand's pauses between them left out:
    opening the address until the box for the PIN is ready;
    the PIN's last digit until the list of people is painted;
    the tap on 有变化 until the form is ready.
`cold`: the phone is registered and holds its people, but nothing of the page is cached: neither by the browser nor by the service worker.
`warm`: the page comes from the service worker's cache, as on every day after the first; the network is there, and as slow.
Two things are not slowed: deriving the key from the PIN, which the browser does outside the page's thread (`pin_key_ms` says how long it takes
here), and the handshake of a new connection. `search` is from a key in the box until the people found are painted, for every key typed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from taizhang.cli.bench.installation import environment
from taizhang.engine import certificate

CHROMIUM = shutil.which("chromium")
MISSING = "没有 Chromium，网页没有测 / no Chromium, the page was not measured: apt-get install chromium"
SLOWER, LATENCY, LINE = 6, 300, 100_000  # times; ms; bytes a second (800 kbit/s)
PIN = "280461"
ROUNDS, TAPS = 5, 20
KEY, THINK = 200, 1000  # ms a finger needs for a key, and an eye to find the next place
WATCH = """
window.painted = (selector) => new Promise((resolve) => {
  const look = () => {
    if (!document.querySelector(selector)) return false;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
    return true;
  };
  const watcher = new MutationObserver(look);
  if (!look()) watcher.observe(document, { childList: true, subtree: true, attributes: true });
});
window.opened = window.painted("#pin:not([disabled]), #pin1");
window.keys = [];
addEventListener("input", (event) => {
  window.at = event.timeStamp;
  if (event.target.id === "find") requestAnimationFrame(() => setTimeout(() => window.keys.push(performance.now() - event.timeStamp)));
}, true);
addEventListener("click", (event) => { window.at = event.timeStamp; }, true);
"""
ROUNDS_OF_PIN = 600_000  # as static/phone/vault.js
KEY_OF_PIN = f"""async () => {{
  const base = await crypto.subtle.importKey("raw", new TextEncoder().encode("000000"), "PBKDF2", false, ["deriveKey"]);
  const at = performance.now(), how = {{ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(16), iterations: {ROUNDS_OF_PIN} }};
  await crypto.subtle.deriveKey(how, base, {{ name: "AES-GCM", length: 256 }}, false, ["encrypt"]);
  return performance.now() - at;
}}"""


def measure(data_dir: Path, user: str, password: str, queries: list[str]) -> dict[str, Any]:
    """Seconds of `cold` and `warm` [median, slowest], milliseconds of `search`, taps for 20 unchanged people, kB of script as sent."""
    if CHROMIUM is None:
        return {"page": MISSING}
    from playwright.sync_api import sync_playwright

    with _served(data_dir) as (address, pin_of_key), sync_playwright() as playwright:
        phone = WeakPhone(playwright, address, data_dir / "profile", pin_of_key)
        phone.enrol(user, password)
        phone.slow()
        cold = [phone.form_ready(cold=True) for _ in range(ROUNDS)]
        script = phone.script_kb()
        warm = [phone.form_ready() for _ in range(ROUNDS + 1)][
            1:
        ]  # the first one after a cold one may still be filling the cache
        keys = phone.search(queries)
        taps = phone.confirm(TAPS)
        key = phone.page.evaluate(KEY_OF_PIN)
        phone.context.close()
    return {
        "cold_s": _both([sum(waits) for waits in cold], 1000),
        "warm_s": _both([sum(waits) for waits in warm], 1000),
        "cold_parts_ms": [round(median(part)) for part in zip(*cold, strict=True)],
        "warm_parts_ms": [round(median(part)) for part in zip(*warm, strict=True)],
        "search_ms": [round(median(keys)), round(max(keys))],
        "keys_searched": len(keys),
        "taps_for_20": taps,
        "script_kb": script,
        "pin_key_ms": round(key),
    }


def _both(figures: list[float], unit: float) -> list[float]:
    return [round(median(figures) / unit, 2), round(max(figures) / unit, 2)]


@contextmanager
def _served(data_dir: Path) -> Iterator[tuple[str, str]]:
    """`./taizhang serve --https`: its address, and the digest of its key by which the browser takes it for trusted."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "taizhang.cli", "serve", "--https", "--port", str(port)]
    serving = subprocess.Popen(command, env=environment(data_dir), stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        key = x509.load_pem_x509_certificate(certificate.ready(data_dir).certificate.read_bytes()).public_key()
        digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
        yield f"https://127.0.0.1:{port}", base64.b64encode(digest).decode()
    finally:
        serving.terminate()
        serving.wait(20)


class WeakPhone:
    """Chromium with a profile on disk, as wide as a phone. Slow from `slow` on: the page's processor and line, and its service worker's line."""

    def __init__(self, playwright: Any, address: str, profile: Path, trusted: str) -> None:
        arguments = ["--no-sandbox", "--disable-gpu", f"--ignore-certificate-errors-spki-list={trusted}"]
        self.context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, args=arguments, viewport={"width": 360, "height": 760}, base_url=address,
            has_touch=True, locale="zh-CN", timezone_id="Asia/Shanghai",
        )  # fmt: skip
        self.context.set_default_timeout(120_000)
        self.context.add_init_script(WATCH)
        self.address, self.page = address, self.context.pages[0]
        self.page_wire = self.context.new_cdp_session(self.page)
        self.browser_wire = self.context.browser.new_browser_cdp_session()

    def enrol(self, user: str, password: str) -> None:
        """Sign in, register the phone, download the people: as a collector does on the first day."""
        self.page.goto("/accounts/login/?next=/phone/")
        self.page.fill("[name=username]", user)
        self.page.fill("[name=password]", password)
        self.page.click("main [type=submit]")
        self.page.fill("#pin1", PIN)
        self.page.fill("#pin2", PIN)
        self.page.click("text=登记并下载名单")
        self.page.wait_for_selector("#people li")
        self.page.wait_for_timeout(3000)

    def slow(self) -> None:
        line = {"offline": False, "latency": LATENCY, "downloadThroughput": LINE, "uploadThroughput": LINE}

        def worker(event: Any) -> None:  # a service worker has a line of its own
            target = event["targetInfo"]
            if target["type"] != "service_worker":
                return
            attached = self.browser_wire.send(
                "Target.attachToTarget", {"targetId": target["targetId"], "flatten": False}
            )
            for number, (method, given) in enumerate(
                (("Network.enable", {}), ("Network.emulateNetworkConditions", line))
            ):
                message = json.dumps({"id": number, "method": method, "params": given})
                self.browser_wire.send(
                    "Target.sendMessageToTarget", {"sessionId": attached["sessionId"], "message": message}
                )

        self.browser_wire.on("Target.targetCreated", worker)
        self.browser_wire.send("Target.setDiscoverTargets", {"discover": True})
        self.page_wire.send("Network.enable")
        self.page_wire.send("Network.emulateNetworkConditions", line)
        self.page_wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def unlock(self, *, cold: bool = False) -> list[float]:
        """Open the page and type the PIN; both waits in milliseconds."""
        self.page.goto("about:blank")
        if cold:
            self.page_wire.send("Network.clearBrowserCache")
            kinds = {"origin": self.address, "storageTypes": "service_workers,cache_storage"}
            self.page_wire.send("Storage.clearDataForOrigin", kinds)
        self.page.goto("/phone/", wait_until="commit")
        opened = self.page.evaluate("window.opened")
        for digit in PIN:
            self.page.wait_for_timeout(KEY)
            self.page.keyboard.type(digit)
        return [opened, self.page.evaluate("painted('#people li').then((now) => now - window.at)")]

    def form_ready(self, *, cold: bool = False) -> list[float]:
        """The three waits in milliseconds."""
        waits = self.unlock(cold=cold)
        self.page.wait_for_timeout(THINK)
        self.page.locator("#people >> text=有变化").first.click()
        return [*waits, self.page.evaluate("painted('record-form [data-item] input').then((now) => now - window.at)")]

    def script_kb(self) -> float:
        """What the page's script weighed on the line when it was last fetched."""
        bytes_ = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.js')).reduce((sum, one) => sum + one.encodedBodySize, 0)"
        return round(int(self.page.evaluate(bytes_)) / 1000, 1)

    def search(self, queries: list[str]) -> list[float]:
        """Milliseconds of every key: letters and digits one by one, Chinese words whole as an input method gives them."""
        self.unlock()
        self.page.wait_for_timeout(3 * THINK)
        for query in queries:
            self.page.fill("#find", "")
            self.page.wait_for_timeout(THINK)
            self.page.evaluate("window.keys.pop()")
            self.page.focus("#find")
            for key in query if query.isascii() else [query]:
                self.page.keyboard.insert_text(key)
                self.page.wait_for_timeout(KEY)
            self.page.wait_for_timeout(THINK)
        return list(self.page.evaluate("window.keys"))

    def confirm(self, people: int) -> int:
        """Taps to record 无变化 of so many people, from the unlocked list on; raises when the list does not count them."""
        self.unlock()
        before, taps = self._verified(), 0
        for at in range(people):
            self.page.locator("#people li").nth(at).locator("[data-same]").click()
            taps += 1
        if self._verified() != before + people:
            raise RuntimeError("the list has not counted them")
        return taps

    def _verified(self) -> int:
        self.page.wait_for_timeout(THINK)
        return int(self.page.inner_text("main strong").split()[1].replace(",", ""))
