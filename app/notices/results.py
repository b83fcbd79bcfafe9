"""Reads how a procurement ended: for each lot who won, at which value and among how many tenders, or why nobody did.

A lot's result refers to tenders and contracts, a tender to a tendering party, and a party to organisations
(LotResult -> LotTender -> TenderingParty -> Tenderer). Winners that are natural persons are never named, and what the
buyer withholds until a later day (BT-195, BT-198) is not kept before that day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from app.core.errors import FieldFault
from app.core.i18n import LANGUAGES as OUR_LANGUAGES
from app.core.i18n import N_, texts
from app.core.schema import Money
from app.notices.amounts import money_of
from app.notices.fields import Scope, purposes, results
from app.notices.parties import Parties, country_of, is_person, registration_number
from app.notices.reader import Reader
from app.notices.texts import Texts
from app.notices.vocabulary import NO_WINNER, NOT_DECIDED, WINNER, WINNER_STATUSES
from app.notices.xml import Element, find, line_of, text_of
from app.opportunities.rules import legal_person
from app.opportunities.schemas import LotAwardIn
from app.opportunities.vocabulary import LotResult

_MOST_RESULTS = 1000
_MOST_WINNERS = 2000
_MOST_TENDERS = 10_000
# eForms BT-165: the sizes of enterprise that are small or medium-sized, and the one that is not.
_SIZES = {"micro": True, "small": True, "medium": True, "sme": True, "large": False}
# eForms BT-144.
_REASONS = {
    "all-rej": N_("All tenders were withdrawn or found inadmissible."),
    "chan-need": N_("The buyer's needs have changed."),
    "ins-fund": N_("There was not enough money."),
    "no-rece": N_("No tenders were received."),
    "no-signed": N_("The tenderer with the best tender did not sign."),
    "one-admi": N_("There was only one admissible tender."),
    "rev-body": N_("A review body or court decided so."),
    "rev-buyer": N_("The buyer decided so after a tenderer had asked for a review."),
    "tch-pro-er": N_("There were technical or procedural errors."),
}


@dataclass(frozen=True)
class Result:
    """What a result notice tells of its lots.

    `open_lots` have no winner yet, or one that is not told yet; `awards` hold the others, a winner each.
    """

    awards: list[LotAwardIn]
    open_lots: list[str]

    @property
    def has_winner(self) -> bool:
        """Whether any lot was awarded."""
        return any(award.result is LotResult.AWARDED for award in self.awards)


@dataclass(frozen=True)
class _Winner:
    """An organisation that has won something; without a name it is a natural person, of whom nothing is kept."""

    name: str | None
    number: str | None
    country: str | None
    is_sme: bool | None


@dataclass(frozen=True)
class _Ending:
    """What is the same for every winner of a lot."""

    lot: str
    tender_count: int | None
    awarded_on: date | None


class _Outcomes:
    """The results, contracts, tenders and parties of one notice, by their numbers in it."""

    def __init__(self, reader: Reader, texts: Texts, parties: Parties, today: date) -> None:
        self.reader = reader
        self.texts = texts
        self.parties = parties
        self.today = today
        self.tenders = self._by_number("OPT-321", "tender")
        self.tendering_parties = self._by_number("OPT-210", "party")
        self.contracts = self._by_number("OPT-316", "contract")
        # An organisation may win many times; it is read once.
        self.winners: dict[Element, _Winner] = {}
        self.looked_at = 0
        self.contracts_of_tender: dict[str, set[str]] = {}
        for number, contract in self.contracts.items():
            for tender in reader.codes("BT-3202", "contract", contract):
                self.contracts_of_tender.setdefault(tender, set()).add(number)

    def _by_number(self, number: str, scope: Scope) -> dict[str, Element]:
        found: dict[str, Element] = {}
        for element in results(self.reader.root, scope):
            found.setdefault(self.reader.code(number, scope, element), element)
        return found

    def winning(self, result: Element) -> Iterator[Element]:
        """Give the tenders of a lot that a contract is made of; where no contract is told, those that came first."""
        contracts = set(self.reader.codes("OPT-315", "result", result))
        references = {text_of(element): element for element in self.reader.elements("OPT-320", "result", result)}
        for reference in references.values():
            tender = self.tenders.get(text_of(reference))
            if tender is None:
                self.reader.fault("OPT-320", reference, f"there is no tender {text_of(reference)[:40]!r}")
            elif contracts:
                if not contracts.isdisjoint(self.contracts_of_tender.get(text_of(reference), ())):
                    yield tender
            elif self.reader.code("BT-171", "tender", tender) in {"", "1"}:
                yield tender

    def tenderers(self, tender: Element) -> Iterator[Element]:
        """Give the organisations behind a tender: several when they tender as a group."""
        reference = self.reader.element("OPT-310", "tender", tender)
        if reference is None:
            return
        party = self.tendering_parties.get(text_of(reference))
        if party is None:
            self.reader.fault("OPT-310", reference, f"there is no tendering party {text_of(reference)[:40]!r}")
            return
        references = {text_of(element): element for element in self.reader.elements("OPT-300", "party", party)}
        for one in references.values():
            organisation = self.parties.find(text_of(one))
            if organisation is None:
                self.reader.fault("OPT-300", one, f"there is no organisation {text_of(one)[:40]!r}")
            else:
                yield organisation


def read_result(reader: Reader, texts: Texts, parties: Parties, *, language: str, today: date) -> Result:
    """Return how the lots of the notice ended; what cannot be told is noted as faults."""
    found = Result([], [])
    outcomes = _Outcomes(reader, texts, parties, today)
    lots = {reader.code("BT-137", "lot", lot) for lot in purposes(reader.root, "Lot")}
    elements = results(reader.root, "result")
    if not elements:
        reader.fault("BT-142", reader.root, "there is no result of any lot")
    if len(elements) > _MOST_RESULTS:
        reader.fault("BT-142", elements[_MOST_RESULTS], f"there are more than {_MOST_RESULTS} results")
        return found
    for element in elements:
        _read_lot(outcomes, element, lots, language, found)
    if outcomes.looked_at > _MOST_WINNERS:
        reader.fault("BT-142", elements[0], f"there are more than {_MOST_WINNERS} winners")
    return found


def _read_lot(outcomes: _Outcomes, result: Element, lots: set[str], language: str, found: Result) -> None:
    reader = outcomes.reader
    lot = reader.required("BT-13713", "result", result)
    status = reader.required("BT-142", "result", result)
    if lot is None or status is None:
        return
    if text_of(lot) not in lots:
        reader.fault("BT-13713", lot, f"there is no lot {text_of(lot)[:40]!r}")
        return
    number = text_of(lot)[:64]
    code = reader.one_of("BT-142", status, WINNER_STATUSES)
    if _is_withheld(result, "win-cho", outcomes.today):
        reader.remark("BT-142", status, N_("{lot}: the buyer withholds the result until a later day."), lot=number)
        found.open_lots.append(number)
    elif code == NOT_DECIDED:
        reader.remark("BT-142", status, N_("{lot}: no winner has been chosen yet."), lot=number)
        found.open_lots.append(number)
    elif code == NO_WINNER:
        found.awards.append(_without_winner(outcomes, result, number, language))
    elif code == WINNER:
        _read_winners(outcomes, result, status, number, found)


def _without_winner(outcomes: _Outcomes, result: Element, lot: str, language: str) -> LotAwardIn:
    reason = "" if _is_withheld(result, "no-awa-rea", outcomes.today) else _reason(outcomes.reader, result, language)
    return LotAwardIn(
        lot_number=lot,
        result=LotResult.NO_WINNER,
        tender_count=_tender_count(outcomes, result),
        reason=reason,
    )


def _reason(reader: Reader, result: Element, language: str) -> str:
    """Return why nobody won (BT-144), in the language of the notice where that is one of ours."""
    known = _REASONS.get(reader.code("BT-144", "result", result))
    return texts(language if language in OUR_LANGUAGES else "en")(known) if known else ""


def _read_winners(outcomes: _Outcomes, result: Element, status: Element, lot: str, found: Result) -> None:
    reader = outcomes.reader
    tenders = list(outcomes.winning(result))
    ending = _Ending(lot, _tender_count(outcomes, result), _awarded_on(reader, outcomes, result))
    before = len(found.awards)
    told: set[tuple[_Winner, str | None]] = set()
    for tender in tenders:
        value = _value(outcomes, tender)
        for organisation in outcomes.tenderers(tender):
            outcomes.looked_at += 1
            if outcomes.looked_at > _MOST_WINNERS:
                return
            winner = _winner(outcomes, organisation, lot)
            same = (winner, value.model_dump_json() if value else None)
            # One who won two contracts of a lot at the same value, or withheld, is told of once.
            if winner.name is None or same not in told:
                told.add(same)
                _tell(reader, organisation, winner, ending, value, found)
                # For a group of suppliers the value stands on its first member.
                value = None
    if len(found.awards) == before:
        reader.remark("BT-142", status, N_("{lot}: the notice names no winner."), lot=lot)
        found.open_lots.append(lot)


def _winner(outcomes: _Outcomes, organisation: Element, lot: str) -> _Winner:
    reader = outcomes.reader
    if organisation not in outcomes.winners:
        name = None if is_person(organisation) else _legal_name(outcomes, organisation)
        country = country_of(reader, organisation)
        number = registration_number(reader, organisation, country) if name is not None else None
        size = _SIZES.get(reader.code("BT-165", "organisation", organisation))
        outcomes.winners[organisation] = _Winner(name, number, country, size)
    winner = outcomes.winners[organisation]
    if winner.name is None:
        message = N_("{lot}: a winner is a natural person, whose name is not kept.")
        reader.remark("BT-633", organisation, message, lot=lot)
    return winner


def _tell(
    reader: Reader, organisation: Element, winner: _Winner, ending: _Ending, value: Money | None, found: Result
) -> None:
    try:
        found.awards.append(
            LotAwardIn(
                lot_number=ending.lot,
                winner_name=winner.name,
                winner_number=winner.number,
                winner_country=winner.country,
                is_natural_person=winner.name is None,
                is_winner_sme=winner.is_sme,
                winner_source=N_("the result notice") if winner.is_sme is not None else None,
                value=value,
                tender_count=ending.tender_count,
                awarded_on=ending.awarded_on,
            )
        )
    except ValidationError as error:
        # What the schema refuses is about this one winner; its words are for a person.
        where = f"line {line_of(organisation)}, BT-500"
        reader.faults += [FieldFault(where, fault["msg"][:300]) for fault in error.errors()]


def _legal_name(outcomes: _Outcomes, organisation: Element) -> str | None:
    """Return the name of a legal person; None for what seems to be somebody's own name."""
    name = outcomes.texts.title("BT-500", "organisation", organisation, limit=300)
    try:
        return legal_person(name) if len(name) >= 2 else None
    except ValueError:
        return None


def _tender_count(outcomes: _Outcomes, result: Element) -> int | None:
    element = outcomes.reader.element("BT-759", "result", result)
    outcomes.reader.elements("BT-760", "result", result)
    withheld = any(_is_withheld(result, code, outcomes.today) for code in ("rec-sub-cou", "rec-sub-typ"))
    # -1 and the like stand for what is withheld.
    if element is None or withheld or text_of(element).startswith("-"):
        return None
    count = outcomes.reader.number("BT-759", element)
    if count is not None and (count != count.to_integral_value() or count > _MOST_TENDERS):
        outcomes.reader.fault("BT-759", element, f"{text_of(element)[:40]!r} is no number of tenders")
        return None
    return int(count) if count is not None else None


def _value(outcomes: _Outcomes, tender: Element) -> Money | None:
    element = outcomes.reader.element("BT-720", "tender", tender)
    if element is None:
        return None
    if _is_withheld(tender, "win-ten-val", outcomes.today) or text_of(element).startswith("-"):
        outcomes.reader.remark("BT-720", element, N_("The value of a tender is withheld: it is left out."))
        return None
    return money_of(outcomes.reader, "BT-720", element)


def _awarded_on(reader: Reader, outcomes: _Outcomes, result: Element) -> date | None:
    """Return the day of the decision (BT-1451), else of the contract (BT-145): the first, if there are several."""
    contracts = [outcomes.contracts.get(number) for number in reader.codes("OPT-315", "result", result)]
    for number in ("BT-1451", "BT-145"):
        days = [reader.element(number, "contract", contract) for contract in contracts if contract is not None]
        found = [day for day in (reader.date_of(number, one) for one in days if one is not None) if day]
        # A contract that is still to be signed has no day yet.
        if found := [day for day in found if day <= outcomes.today]:
            return min(found)
    return None


def _is_withheld(owner: Element, what: str, today: date) -> bool:
    """Tell whether the buyer withholds a field (BT-195) today; without a day (BT-198) it is withheld for good."""
    for privacy in find(owner, ".//efac:FieldsPrivacy"):
        if any(text_of(code) == what for code in find(privacy, "efbc:FieldIdentifierCode")):
            days = [text_of(day)[:10] for day in find(privacy, "efbc:PublicationDate")]
            # Dates in this form are in order as texts too.
            if not days or max(days) > today.isoformat():
                return True
    return False
