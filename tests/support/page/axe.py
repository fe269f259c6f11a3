"""What axe-core finds wrong with a page as it stands, whatever the page's own policy allows its scripts."""

from pathlib import Path

from playwright.async_api import Page

from decision.settings import PAGE

SOURCE = PAGE.parent / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap((rule) =>
  rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} — ${node.failureSummary.split("\\n").slice(1).join(";")}`))"""
STILL = """async () => { await Promise.all(document.getAnimations().filter((each) => each.effect?.getComputedTiming().endTime !== Infinity)
  .map((each) => each.finished.catch(() => undefined))); }"""


async def findings(page: Page) -> list[str]:
    """One line for each; evaluated by the browser's debugger, which no content security policy holds up."""
    await page.evaluate(STILL)  # half-faded text has no contrast
    await page.evaluate(_source(SOURCE))
    return [str(each) for each in await page.evaluate(RUN)]


def _source(file: Path) -> str:
    return file.read_text()
