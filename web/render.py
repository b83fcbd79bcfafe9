"""Pages and fragments: one template environment, and everything a template may ask for."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from app.core.clock import zone
from app.core.db import Database, ReadSession
from app.core.i18n import LANGUAGES, Texts, negotiate, texts
from app.reference.service import area_label, cpv_label, label
from web.assets import Assets, static_address
from web.figures import POINTS_ADDRESS
from web.origins import Origin, answer_at, origins_of
from web.sessions import home_of
from web.writing import FIELD, form_token

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_LOCALES = {"sv": "sv_SE", "nb": "nb_NO", "en": "en_GB"}
_OWN_CURRENCIES = {"sv": "SEK", "nb": "NOK"}
LANGUAGE_NAMES = {"sv": "Svenska", "nb": "Norsk", "en": "English"}
HTMX_CONFIG = (
    '{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,'
    '"historyCacheSize":0,"refreshOnHistoryMiss":true,"historyRestoreAsHxRequest":false,"responseHandling":['
    '{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"4(09|12|22)","swap":true},'
    '{"code":"[45]..","swap":false,"error":true}]}'
)


@dataclass(slots=True)
class Site:
    """What every page of this node shares."""

    node_name: str
    assets: Assets
    database: Database
    demo: Callable[[ReadSession], bool]
    _demo_seen: bool = False

    def has_demo(self) -> bool:
        """Tell whether example data is loaded. Once seen it stays, so the database is asked only until then."""
        if not self._demo_seen:
            with self.database.reads() as session:
                self._demo_seen = self.demo(session)
        return self._demo_seen


@dataclass(slots=True)
class _Icons:
    """The icons that a page has drawn: it carries the symbols of those, once, at its end."""

    used: set[str] = field(default_factory=set)

    def symbols(self) -> Markup:
        return Markup("\n  ").join(Markup(_symbols()[name]) for name in sorted(self.used))  # noqa: S704 (our own file)


def language_of(request: Request) -> str:
    """Return the language that the address names; without one, the browser's."""
    first = request.url.path.strip("/").partition("/")[0]
    return first if first in LANGUAGES else negotiate(request.headers.get("accept-language"))


def wants_fragment(request: Request) -> bool:
    """Tell whether htmx asks for a part of the page. A restored history entry is a whole page."""
    headers = request.headers
    return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"


def show(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Return the page or fragment that `template` draws from `context`, in the language of the address."""
    language = language_of(request)
    icons = _Icons()
    say = texts(language)
    site: Site = request.app.state.site
    html = (
        _environment()
        .get_template(template)
        .render(
            request=request,
            site=site,
            # A page about a failing database must not ask the database.
            demo=status < 500 and site.has_demo(),
            language=language,
            t=say,
            plural=say.plural,
            icons=icons,
            fragment=wants_fragment(request),
            visitor=getattr(request.state, "signed_in", None),
            **context,
        )
    )
    answer = HTMLResponse(html, status)
    if getattr(request.state, "form_seed_is_new", False):
        cookies = request.app.state.cookies
        cookies.put(answer, cookies.form, request.state.form_seed)
    return answer


def address(path: str, *parameters: tuple[str, object]) -> str:
    """Return `path` with the parameters that say something, in their order."""
    pairs = [(name, value) for name, value in parameters if value not in ("", None)]
    return f"{path}?{urlencode(pairs)}" if pairs else path


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "static": static_address,
        "points_css": POINTS_ADDRESS,
        "htmx_config": HTMX_CONFIG,
        "languages": LANGUAGE_NAMES,
        "at": _at,
        "in_language": _in_language,
        "form_token": _form_token,
        "home_of": home_of,
        "icon": _icon,
        "foreign": _foreign,
        "from_where": _from_where,
        "expect": _expect,
        "answer_at": answer_at,
        "area_name": _area_name,
        "cpv_name": _cpv_name,
        "code_name": _code_name,
    }
    environment.filters |= {
        "day": _day,
        "day_and_time": _day_and_time,
        "number": _number,
        "money": _money,
        "and_list": _and_list,
        "place": _area_name,
        "language_name": _language_name,
        "target_group": _target_group,
    }
    return environment


@pass_context
def _at(context: Context, path: str, *parameters: tuple[str, object], **named: object) -> str:
    """Return the address of one of our pages in the reader's language: `at("/enterprises", sector="cleaning")`."""
    return address(f"/{context['language']}{path}", *parameters, *named.items())


@pass_context
def _in_language(context: Context, language: str) -> str:
    """Return the address of this very page in another language."""
    request: Request = context["request"]
    _, _, rest = request.url.path.strip("/").partition("/")
    inside = request.url.path.strip("/").partition("/")[0] in LANGUAGES
    path = f"/{language}/{rest}" if inside else f"/{language}/"
    return f"{path}?{request.url.query}" if request.url.query and inside else path


@pass_context
def _form_token(context: Context) -> Markup:
    """Return the hidden field that every form with `method="post"` holds."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, form_token(context["request"]))


@pass_context
def _icon(context: Context, name: str, label: str = "") -> Markup:
    """Return an icon of `components/icons.svg`; without a label it is silent, beside words that say the same."""
    context["icons"].used.add(name)
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="i" {}><use href="#i-{}"/></svg>').format(told, name)


@pass_context
def _foreign(context: Context, language: str) -> Markup:
    """Return a `lang` attribute when the text is not in the page's language."""
    return Markup("") if language == context["language"] else Markup(' lang="{}"').format(language)


@pass_context
def _from_where(context: Context, record_type: str, record_id: str, home: str = "") -> Origin | None:
    """Return which other node a record is from; None for our own. A `home` that is known need not be asked for."""
    known = origins_of(context["request"])
    return known.at(home, record_type, record_id) if home else known.of(record_type, record_id)


@pass_context
def _expect(context: Context, record_type: str, record_ids: Iterable[str]) -> None:
    """Say which records a list holds, so that where they are from is asked once."""
    origins_of(context["request"]).expect(record_type, list(record_ids))


@pass_context
def _area_name(context: Context, code: str | None) -> str:
    return area_label(code, context["language"]) if code else ""


@pass_context
def _cpv_name(context: Context, code: str) -> str:
    return cpv_label(code, context["language"]) or ""


@pass_context
def _code_name(context: Context, list_name: str, code: str) -> str:
    return label(list_name, code, context["language"])


@pass_context
def _target_group(context: Context, code: str) -> str:
    return label("target_group", code, context["language"])


@pass_context
def _day(context: Context, moment: date | datetime | None, country: str = "SE", style: str = "long") -> str:
    """Return "20 november 2026": an instant as the day it is in `country`."""
    if moment is None:
        return ""
    local = moment.astimezone(zone(country)).date() if isinstance(moment, datetime) else moment
    return format_date(local, style, locale=_LOCALES[context["language"]])


@pass_context
def _day_and_time(context: Context, moment: datetime, country: str = "SE") -> str:
    local = moment.astimezone(zone(country))
    clock = format_time(local, "HH:mm", locale=_LOCALES[context["language"]])
    say: Texts = context["t"]
    return say("{day} at {time}", day=_day(context, local, country), time=clock)


@pass_context
def _number(context: Context, value: int | Decimal) -> str:
    return format_decimal(value, locale=_LOCALES[context["language"]])


@pass_context
def _money(context: Context, minor: int, currency: str) -> str:
    """Return an amount given in hundredths: "900 000 kr", or "900 000 NOK" to a reader with another krona."""
    whole = Decimal(minor) / 100
    digits = "#,##0" if whole == whole.to_integral_value() else "#,##0.00"
    symbol = "¤" if _OWN_CURRENCIES.get(context["language"]) == currency else "¤¤"
    amount: str = format_currency(
        whole, currency, f"{digits} {symbol}", _LOCALES[context["language"]], currency_digits=False
    )
    return amount


@pass_context
def _and_list(context: Context, items: list[str]) -> str:
    return format_list(list(items), locale=_LOCALES[context["language"]])


@pass_context
def _language_name(context: Context, code: str) -> str:
    return str(Locale.parse(_LOCALES[context["language"]]).languages.get(code, code))


@cache
def _symbols() -> dict[str, str]:
    drawn = (_TEMPLATES / "components" / "icons.svg").read_text(encoding="utf-8")
    return {found[1]: found[0] for found in re.finditer(r'<symbol id="i-([a-z]+)".*?</symbol>', drawn)}
