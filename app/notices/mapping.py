"""Makes an opportunity out of a notice, field by field."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import AnyHttpUrl, ValidationError

from app.core.clock import zone
from app.core.errors import FieldFault, InvalidContent
from app.core.i18n import N_
from app.notices import rules
from app.notices.buyer import Buyer, read_buyer
from app.notices.identity import Identity
from app.notices.lots import Lots, Whole, read_cpv, read_lots
from app.notices.parties import Parties
from app.notices.places import places_of
from app.notices.reader import Reader
from app.notices.results import Result, read_result
from app.notices.texts import Texts
from app.notices.vocabulary import AREA_OF_OBJECTIVE, EARLY_FORM_TYPES, LANGUAGES
from app.notices.xml import Element, text_of
from app.opportunities.schemas import LotIn, NoticeIdentity, OpportunityCreate
from app.opportunities.vocabulary import Form, Origin, Status

_DIRECTIVES = {
    "32014L0023": "2014/23/EU",
    "32014L0024": "2014/24/EU",
    "32014L0025": "2014/25/EU",
    "32009L0081": "2009/81/EC",
}
# A publication number in the Official Journal: 00123456-2024.
_TED_NUMBER = re.compile(r"0*(\d{1,8}-20\d{2})")
_LONGEST_LINK = 2048
_MOST_FAULTS = 200
_MOST_LANGUAGES = 30


@dataclass(frozen=True)
class _Head:
    """What a notice says about itself and its procedure."""

    title: str
    description: str
    language: str
    published_at: datetime | None


def to_opportunity(reader: Reader, identity: Identity, now: datetime) -> tuple[OpportunityCreate, Result | None]:
    """Return the opportunity that a notice describes, and how it ended where the notice is a result.

    `now` decides whether it is still open.

    Raises:
        InvalidContent: with every fault that was found, each with its line and field number.
    """
    texts, parties = Texts(reader), Parties(reader)
    buyer = read_buyer(reader, texts, parties)
    country = buyer.country if buyer else "SE"
    head = _read_head(reader, texts, country)
    published_on = (head.published_at or now).astimezone(zone(country)).date()
    whole = _whole(reader, identity, head.title, country, published_on)
    lots = read_lots(reader, texts, whole)
    if not lots.lots and identity.form_type not in EARLY_FORM_TYPES:
        reader.fault("BT-137", reader.root, "there is no lot")
    form = _form(reader, identity, lots)
    result = None
    if identity.is_result:
        today = now.astimezone(zone(country)).date()
        result = read_result(reader, texts, parties, language=head.language, today=today)
    if reader.other_languages:
        languages = ", ".join(list(reader.other_languages)[:_MOST_LANGUAGES])
        reader.remark(
            "BT-702", reader.root, N_("Texts in other languages are not kept: {languages}."), languages=languages
        )
    if reader.faults or buyer is None:
        raise refused(reader.faults)
    return _build(reader, identity, head, buyer, lots, form, now), result


def refused(faults: list[FieldFault]) -> InvalidContent:
    """Return the refusal of a notice that holds these faults."""
    count = len(faults)
    told = f"The notice cannot be imported: {count} fault{'s' if count != 1 else ''}."
    return InvalidContent(told, faults[:_MOST_FAULTS])


def _build(
    reader: Reader, identity: Identity, head: _Head, buyer: Buyer, lots: Lots, form: Form, now: datetime
) -> OpportunityCreate:
    deadline = rules.next_deadline(lots.deadlines, now)
    if len(set(lots.deadlines)) > 1:
        reader.remark("BT-131", reader.root, N_("The lots have different deadlines: the next one is shown."))
    objectives = list(dict.fromkeys(lots.objectives))
    try:
        return OpportunityCreate(
            title=head.title,
            description=head.description,
            language=head.language,
            form=form,
            status=Status.CLOSED if identity.is_result else rules.status_at(now, deadline),
            origin=Origin.NOTICE,
            country=buyer.country,
            buyer_name=buyer.name,
            buyer_number=buyer.number,
            buyer_area=buyer.area,
            other_buyers=buyer.others,
            legal_basis=_legal_basis(reader),
            procedure_type=reader.code("BT-105", "procedure", reader.root)[:64] or None,
            official_url=_link(reader, identity, lots.links),
            published_at=head.published_at,
            deadline_at=deadline,
            questions_until=min(lots.questions_until, default=None),
            starts_on=min(lots.starts_on, default=None),
            objectives=objectives,
            srpp_areas=list(dict.fromkeys(AREA_OF_OBJECTIVE[aim] for aim in objectives if aim in AREA_OF_OBJECTIVE)),
            lots=[LotIn.model_validate(lot.model_dump()) for lot in lots.lots],
            source=identity.system,
            source_year=head.published_at.year if head.published_at else None,
            notice=NoticeIdentity(
                source=identity.source,
                notice_id=identity.notice_id,
                version=identity.version,
                subtype=identity.subtype or None,
                number=identity.number,
                procedure_id=identity.procedure_id,
            ),
        )
    except ValidationError as error:
        # The reader's own checks say more; this is the net below them.
        raise refused(
            [FieldFault("/" + "/".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
        ) from error


def _read_head(reader: Reader, texts: Texts, country: str) -> _Head:
    root = reader.root
    title = texts.title("BT-21", "procedure", root)
    if not title and not any(fault.pointer.endswith("BT-21") for fault in reader.faults):
        reader.missing("BT-21", "procedure", root)
    issued = reader.required("BT-05(a)", "notice", root)
    day = reader.element("OPP-012", "notice", root)
    hour = None if day is not None else reader.element("BT-05(b)", "notice", root)
    reader.elements("BT-05(b)", "notice", root)
    stated = day if day is not None else issued
    number = "OPP-012" if day is not None else "BT-05"
    published_at = reader.instant(number, stated, hour, zone(country)) if stated is not None else None
    if not reader.language:
        reader.missing("BT-702(a)", "notice", root)
    return _Head(
        title=title,
        description=texts.prose("BT-24", "procedure", root),
        language=_language(reader),
        published_at=published_at,
    )


def _language(reader: Reader) -> str:
    """Return the language of the texts that were chosen, with two letters where it has them."""
    best = reader.language[0] if reader.language else "ENG"
    if best not in LANGUAGES:
        element = reader.element("BT-702(a)", "notice", reader.root)
        reader.fault("BT-702(a)", element if element is not None else reader.root, f"{best[:20]!r} is no EU language")
    return LANGUAGES.get(best, "en")


def _whole(reader: Reader, identity: Identity, title: str, country: str, on: date) -> Whole:
    main, more = read_cpv(reader, "procedure", reader.root)
    places = places_of(reader, reader.root, country)
    return Whole(title, main, more, places, country, on, tells_reservation=not identity.is_result)


def _form(reader: Reader, identity: Identity, lots: Lots) -> Form:
    form, stated = rules.form_of(identity.form_type, lots.lots, social=lots.social or bool(lots.objectives))
    if not stated and not identity.is_result:
        message = N_(
            "The notice states nothing social: no form fits, so it is listed as purchase with social requirements."
        )
        reader.remark("BT-06", reader.root, message)
    return form


def _legal_basis(reader: Reader) -> str | None:
    """Return the legal basis as the buyer states it: the directive (BT-01), then the national rules it names."""
    directive = reader.code("BT-01", "notice", reader.root)
    stated = [_DIRECTIVES.get(directive, directive), *reader.codes("BT-01(c)", "notice", reader.root)]
    return "; ".join(text for text in stated if text and text != "other")[:300] or None


def _link(reader: Reader, identity: Identity, documents: list[Element]) -> AnyHttpUrl | None:
    """Return the address of the official notice where it is certain, else of the open procurement documents."""
    if identity.number and (found := _TED_NUMBER.fullmatch(identity.number)):
        return AnyHttpUrl(f"https://ted.europa.eu/en/notice/-/detail/{found[1]}")
    for element in documents:
        if link := _web_address(text_of(element)):
            return link
        reader.remark("BT-15", element, N_("The address of the documents is left out: it is not a web address."))
    return None


def _web_address(text: str) -> AnyHttpUrl | None:
    """Return an http address without a user's name in it, or None."""
    try:
        link = AnyHttpUrl(text)
    except ValidationError:
        return None
    return None if link.username or len(str(link)) > _LONGEST_LINK else link
