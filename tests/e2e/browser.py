"""A real Chromium, a voice at its microphone, and an ear on the track it receives."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from ops import sound

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
)
WIDTHS = (390, 768, 1440)
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
AUDIBLE = 10 ** (sound.AUDIBLE_DBFS / 20)  # root mean square of full scale 1
LEVEL_EVERY = 20  # milliseconds
# Every wait ends as soon as what it waits for is there.
PATIENCE = 20_000  # milliseconds
expect.set_options(timeout=PATIENCE)

# Levels of the track that the page received from the assistant: [milliseconds since the page began, RMS].
_EAR = """
window.levels = [];
((every) => {
  const samples = new Float32Array(1024);
  let analyser = null, track = null;
  setInterval(() => {
    const received = document.querySelector("audio[data-assistant-audio]")?.srcObject?.getAudioTracks()[0];
    if (!received) { analyser = track = null; return; }
    if (received !== track) {
      const context = new AudioContext();
      analyser = context.createAnalyser();
      analyser.fftSize = samples.length;
      context.createMediaStreamSource(new MediaStream([received])).connect(analyser);
      track = received;
    }
    analyser.getFloatTimeDomainData(samples);
    window.levels.push([performance.now(), Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)]);
  }, every);
})(LEVEL_EVERY);
""".replace("LEVEL_EVERY", str(LEVEL_EVERY))


# The browser decides whether the page may use the microphone; what it hears then is what `say` plays.
_MICROPHONE = """
((real) => {
  let context, microphone;
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    (await real(constraints)).getTracks().forEach((track) => track.stop());
    context ??= new AudioContext();
    microphone = context.createMediaStreamDestination();
    return microphone.stream;
  };
  window.say = (rate, samples) => {
    const source = context.createBufferSource();
    source.buffer = context.createBuffer(1, samples.length, rate);
    source.buffer.copyToChannel(Float32Array.from(samples, (sample) => sample / 32768), 0);
    source.connect(microphone);
    source.start();
  };
})(navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices));
"""


class PageOptions:
    """How pages are looked at."""

    scheme = "light"
    every_width = False  # whether axe looks at each, or at the page's own only


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser that QUANTUM_CHROMIUM names, with a microphone that only contexts with the permission may use."""
    path = os.environ.get("QUANTUM_CHROMIUM", "/usr/bin/chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def visitor(browser: Browser, *, microphone: bool = False, **options: Any) -> BrowserContext:
    """Somebody new, on a phone unless the options say otherwise.

    microphone: pages may listen to it, and hear what `say` says.
    """
    if microphone:
        options["permissions"] = ["microphone"]
    context = await browser.new_context(**{"viewport": PHONE, "color_scheme": PageOptions.scheme, **options})
    await context.add_init_script(_EAR)
    if microphone:
        await context.add_init_script(_MICROPHONE)
    context.set_default_timeout(PATIENCE)
    return context


async def say(page: Page, words: sound.Pcm) -> None:
    """Into the microphone that the page is listening to."""
    await page.evaluate("([rate, samples]) => window.say(rate, samples)", [sound.RATE, words.tolist()])


async def open_page(context: BrowserContext, url: str) -> Page:
    """A page of the product; `page.problems` collects what its scripts and the security policy complain about."""
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    page.problems = problems  # type: ignore[attr-defined]
    await page.goto(url)
    return page


async def audible_seconds(page: Page, since: float = 0.0) -> float:
    """Seconds of audible sound in the assistant's received track since `since`, in milliseconds of the page's clock."""
    levels = await page.evaluate("window.levels")
    return sum(level >= AUDIBLE for at, level in levels if at >= since) * LEVEL_EVERY / 1000


async def clock(page: Page) -> float:
    """Milliseconds since the page began."""
    return await page.evaluate("performance.now()")


async def wait_audible(page: Page, seconds: float, since: float = 0.0) -> None:
    """Wait until so much of the assistant was audible."""
    await page.wait_for_function(
        """([since, audible, count]) =>
            window.levels.filter(([at, level]) => at >= since && level >= audible).length >= count""",
        arg=[since, AUDIBLE, seconds * 1000 / LEVEL_EVERY],
    )


async def assert_accessible(page: Page, *, widths: tuple[int, ...] = WIDTHS) -> None:
    """No violation of the automated accessibility rules, and nothing to scroll sideways at any of the widths."""
    before = page.viewport_size
    assert before
    if not PageOptions.every_width:
        await _assert_no_violation(page)
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 900})
        overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{page.url} is {overflow} px too wide at {width}"
        if PageOptions.every_width:
            await _assert_no_violation(page)
    await page.set_viewport_size(before)


async def _assert_no_violation(page: Page) -> None:
    results = await Axe().run(page)
    assert results.violations_count == 0, f"{page.url} at {page.viewport_size}:\n{results.generate_report()}"
