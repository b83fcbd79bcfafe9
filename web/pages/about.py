"""About: what this is, how points are counted, where facts come from and under which licences, open data."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.matching.vocabulary import MAX_POINTS
from app.reference.service import sources
from web.pages.common import Language
from web.render import show

router = APIRouter()

# The reports that the facts about named enterprises come from, each in its own language.
_REPORTS = (
    ("ReSeNS practice book, social enterprise in Norway and Sweden, 2018", "en"),
    ("Förstudie om en plattform för sociala företag och arbetsintegration i Norrbotten, 2021", "sv"),
    ("ReSeNS Örnsköldsvik, slutrapport, 2019", "sv"),
    ("Coompanion: presentation om den sociala ekonomin, omkring 2024", "sv"),
    ("Sosenteriet/SESAM: hefte om et økosystem i Vestfold og Telemark, 2023", "nb"),
)


@router.api_route("/about", methods=["GET", "HEAD"])
def about(request: Request, _language: Annotated[Language, Path(alias="language")]) -> Response:
    """Show the about page; the address is what names its language."""
    return show(
        request,
        "about.html",
        sources=sources(),
        reports=[{"name": name, "language": spoken} for name, spoken in _REPORTS],
        most_points=MAX_POINTS,
        most_parts=[(most, most) for most in MAX_POINTS.values()],
    )
