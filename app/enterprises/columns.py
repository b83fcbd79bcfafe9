"""Which column of a table holds which field: by its heading in three languages, or as the operator says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from app.core.errors import Message
from app.core.i18n import N_
from app.core.text import tokens
from app.enterprises.spreadsheet import Row, Table

SKIP = "-"
# Fields that a table may give, and what their columns are called. Folded, so that case, å and hyphens do not matter.
HEADINGS: Mapping[str, str] = {
    "name": "namn, navn, name, företag, företagsnamn, bedrift, bedriftsnavn, foretak, foretaksnavn, virksomhet, "
    "enterprise, enterprise name, company, company name, organisation, organisasjon, organization",
    "aliases": "alias, andra namn, kallas även, andre navn, kalles også, other names, also called",
    "organisation_number": "organisationsnummer, organisationsnr, orgnr, org nr, org nummer, orgnummer, "
    "organisasjonsnummer, organisasjonsnr, organization number, organisation no, org number",
    "country": "land, country, country code, landkod, landskode, landkode",
    "kind": "typ, slag, type, typ av post, kind, record kind",
    "lifecycle": "livscykel, status, livsløp, status at source, lifecycle",
    "legal_form": "juridisk form, bolagsform, associationsform, företagsform, organisationsform, selskapsform, "
    "organisasjonsform, legal form",
    "area_code": "kommun, säteskommun, kommunkod, kommune, kommunenummer, municipality, municipality code, area code",
    "county": "län, fylke, county, region",
    "place": "ort, plats, postort, tätort, sted, poststed, stedsnavn, locality, town, city, place",
    "founded_year": "grundat, grundad, startår, bildat, stiftet, etablert, stiftelsesår, founded, founded year",
    "public_ownership": "offentligt ägd, offentligt ägt, offentlig eid, public owner, public ownership, publicly owned",
    "summary": "sammanfattning, beskrivning, om verksamheten, sammendrag, beskrivelse, om virksomheten, summary, "
    "description, about",
    "language": "textspråk, tekstspråk, text language, language of text, language",
    "offerings": "erbjudande, erbjudanden, säljer, varor och tjänster, tjänster, tilbud, selger, varer og tjenester, "
    "tjenester, sells, what it sells, offering, offers, services, goods and services",
    "cpv": "cpv, cpv kod, cpv koder, cpv kode, cpv code, cpv codes, cpv guess",
    "cpv_is_guess": "cpv är gissad, cpv är gissade, cpv er gjettet, cpv is guess",
    "sectors": "bransch, branscher, sektor, sektorer, bransje, bransjer, sector, sector codes, trade, trades",
    "places_free": "lediga platser, ledige plasser, free places, places free",
    "service_areas": "verksamhetsområde, leveransområde, täckningsområde, upptagningsområde, leveringsområde, "
    "dekningsområde, virksomhetsområde, service area, area served, areas served",
    "target_groups": "målgrupp, målgrupper, målgruppe, target group, target group codes",
    "reserved": "reserverad, reserverad upphandling, reserverade kontrakt, reservert, reserverte kontrakter, reserved, "
    "reserved procurement, reserved participation, res ws",
    "reserved_on": "reserverad från, intygad, intygat, intygat datum, erklært, erklært dato, reserved on, declared on",
    "employees": "anställda, antal anställda, ansatte, antall ansatte, number of employees, employees",
    "turnover": "omsättning, omsetning, turnover, revenue",
    "industry_codes": "sni, sni kod, sni koder, snikod, näringskod, sn, nace, nace kode, næringskode, industry code",
    "languages": "språk, working languages, languages",
    "website": "webbplats, webb, hemsida, webbadress, nettside, nettsted, hjemmeside, website, web, url",
    "contact_function": "kontakt, kontaktfunktion, funktion, kontaktfunksjon, funksjon, contact, contact function",
    "contact_email": "e post, epost, mejl, mail, e mail, email, kontakt e post, contact email",
    "source": "källa, kilde, source",
    "source_year": "källår, årtal, kildeår, kildens år, source year",
    "confirmed_on": "bekräftad, bekräftat, bekräftad datum, senast bekräftad, bekreftet, bekreftet dato, "
    "confirmed, confirmed on",
}
# These may be given several times over: "CPV 1", "CPV 2" belong to "Erbjudande 1", "Erbjudande 2".
NUMBERED = frozenset({"offerings", "cpv", "sectors"})
_UNIT = re.compile(r"\b(?:i|in)?\s*\(?(?:tkr|mkr|msek|mnok|tusen|thousand|mill\w*|kr|sek|nok|kronor|kroner)\b.*", re.I)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its index from 0, its heading as it stands, and the field it holds."""

    index: int
    heading: str
    field: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Unread:
    """A column that is not read, and why."""

    place: str
    heading: str
    detail: str


class UnknownField(ValueError):
    """An override names a field that there is not."""


def overrides(pairs: Sequence[str]) -> dict[str, str]:
    """Return what the operator says of columns, `["Kolumn=field"]`, by folded heading; `-` leaves a column out.

    Raises:
        UnknownField: there is no such field, or no field is named.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        heading, equals, field = pair.rpartition("=")
        field = field.strip()
        if not equals or not heading.strip() or field not in {SKIP, *HEADINGS}:
            told = N_("{text}: write 'column=field' with one of these fields: {fields}, or - to leave the column out")
            raise UnknownField(Message(told, text=pair, fields=", ".join(HEADINGS)))
        found[_folded(heading)] = field
    return found


def recognised(heading: Row, said: Mapping[str, str]) -> int:
    """Return how many columns of a heading are known; none when no column holds the name."""
    fields = {field for cell in heading if (field := _field(str(cell or ""), said)[0])} - {SKIP}
    return len(fields) if "name" in fields else 0


def read_heading(table: Table, said: Mapping[str, str]) -> tuple[list[Column], list[Unread]]:
    """Return the columns of a table that are read, and those that are not, with the reason."""
    columns: dict[tuple[str, int], Column] = {}
    unread: list[Unread] = []
    for index, cell in enumerate(table.heading):
        heading = str(cell or "").strip()
        field, number = _field(heading, said)
        place = table.place(table.heading_row, index)
        if field == SKIP:
            unread.append(Unread(place, heading, Message(N_("left out, as you say"))))
        elif (field, number) in columns:
            told = N_("not read: column “{heading}” already gives {field}")
            first = columns[field, number].heading
            unread.append(Unread(place, heading, Message(told, heading=first, field=field)))
        elif field:
            columns[field, number] = Column(index, heading, field, number)
        elif heading or any(index < len(cells) and cells[index] is not None for _, cells in table.rows):
            told = N_("not read: no such field. Say which with --map '{heading}=field', or '{heading}=-'")
            unread.append(Unread(place, heading, Message(told, heading=heading)))
    return list(columns.values()), unread


def _field(heading: str, said: Mapping[str, str]) -> tuple[str, int]:
    """Return the field that a heading names, or nothing, and the number behind it (0 without one)."""
    folded = _folded(heading)
    if folded in said:
        return said[folded], 0
    known = _known()
    if field := known.get(folded) or known.get(_folded(_UNIT.sub("", heading))):
        return field, 0
    words, _, last = folded.rpartition(" ")
    if last.isdigit() and known.get(words) in NUMBERED:
        return known[words], int(last)
    return "", 0


@cache
def _known() -> dict[str, str]:
    names = {field: [field, *names.split(",")] for field, names in HEADINGS.items()}
    return {_folded(name): field for field, called in names.items() for name in called}


def _folded(heading: str) -> str:
    """Return the words of a heading, so that "Org.nr", "org nr" and "Org-nr:" are one."""
    return " ".join(tokens(heading))
