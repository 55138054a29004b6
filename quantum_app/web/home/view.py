"""The overview as shown on the page."""

from dataclasses import dataclass

from quantum_app.domain.calls.schemas import CallFigures
from quantum_app.domain.calls.service import FIGURES_LIMIT
from quantum_app.domain.campaigns.schemas import Progress
from quantum_app.kit import ids
from quantum_app.web.calls.view import WAITING

SET_UP_PAGE = "/welcome"


@dataclass
class Figure:
    """A number of the overview. note: below it. href: where its calls are."""

    name: str = ""
    value: str = ""
    note: str = ""
    href: str = ""
    live: bool = False


@dataclass
class Step:
    """A step to the first published campaign. href: where it is taken, or empty while it can't be."""

    title: str = ""
    text: str = ""
    done: bool = False
    action: str = ""
    href: str = ""


def figures(counted: CallFigures) -> list[Figure]:
    waiting = f"{FIGURES_LIMIT - 1}+" if counted.waiting >= FIGURES_LIMIT else str(counted.waiting)
    return [
        Figure("Live now", str(counted.active), "Calls in progress", "/calls?status=active", counted.active > 0),
        Figure("Calls today", str(counted.today), f"Yesterday: {counted.yesterday}", "/calls"),
        Figure("To follow up", waiting, "Last 30 days", f"/calls?status={WAITING}"),
    ]


def steps(progress: Progress) -> list[Step]:
    """The way to the first published campaign."""
    newest = progress.newest
    designer = f"/flows/designer/{ids.encode('cmp', newest.campaign_id)}" if newest else ""
    return [
        Step(
            "Set up your assistant",
            f"“{newest.name}” is there." if newest else "Choose a template, a name, a voice, and three facts.",
            newest is not None,
            "Set up another" if newest else "Set up",
            SET_UP_PAGE,
        ),
        Step(
            "Check the conversation and publish it",
            "Fill in what is missing, try it in the simulator, and publish.",
            progress.published,
            "Open designer",
            designer,
        ),
        Step("Call your assistant", "Calls then show up here.", action="", href=""),
    ]
