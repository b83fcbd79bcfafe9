"""What may not be stored about people (SECURITY.md, items 3 and 4): personal and telephone numbers, and addresses that
name somebody.

The rules are cautious. They look at the shape and the check digits, so that organisation numbers, CPV codes, amounts
and dates pass; what they cannot tell (`bo@`, eight digits in a row) passes too.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from urllib.parse import unquote

from stdnum import luhn
from stdnum.no import fodselsnummer

from app.core.errors import Message
from app.core.i18n import N_
from app.core.text import fold

# Every pattern looks at texts in their plain form: see `plain`.
_WRITTEN_APART = re.compile(r"(?<!\d)(?:18|19|20)?(\d{6})(?: ?[-+] ?| )(\d{4})(?!\d)")
_WITH_CENTURY = re.compile(r"(?<!\d)(?:18|19|20)(\d{6})(\d{4})(?!\d)")
# Ten digits in a row are as often a telephone number: they count after a word that says what they are.
_TEN_DIGITS = re.compile(
    r"(?:person(?:al)?[ -]?(?:nummer|nr|number)|\bpnr|samordningsnummer)\W{0,3}(\d{6})(\d{4})(?!\d)"
)
_ELEVEN_DIGITS = re.compile(r"(?<!\d)(\d{6})(?: ?- ?| )?(\d{5})(?!\d)")
# Looked for from the beginning of a word only, so that a long text without any is read once.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# After a word that says so; with a country's number; or as Swedes (070-123 45 67, 0701234567) and Norwegians (912 34
# 567) write it and nobody writes anything else.
_PHONE = re.compile(
    r"(?i:\b(?:tlf|tel|telefon|telephone|phone|mobil|mobile|mob)\b\.?:?[ \t]*(?:nr\.?[ \t]*)?)\+?\d[\d /()-]{5,}\d"
    r"|(?<![\w.])\+\d{2}[\d ()-]{6,}\d|(?<![\w.])(?<!\d )00 ?4[5-7][\d ()-]{6,}\d"
    # Not the number of a notice in the Official Journal: 2020/S 014-029960.
    r"|(?<![\w.,/-])(?<!S )0(?:8|\d{2,3}) ?- ?(?=(?: ?\d){5,8}(?![\w-]))\d{2,3}(?: ?\d{2,3}){1,2}(?![\w-])"
    r"|(?<![\w.,/-])07[02369] ?\d{3} ?\d{2} ?\d{2}(?![\w-])"
    r"|(?<![\w.,/-])(?<!\d )[49]\d{2} \d{2} \d{3}(?! ?\d)(?![\w-])"
)
# Every pattern of a personal number begins with so many digits in a row: most texts have none.
_SIX_DIGITS = re.compile(r"\d{6}")
# Every personal number, telephone number and address holds one of these, digits parted by no more than this: most texts
# have none, and are looked through once.
_ANY_DETAIL = re.compile(r"[0-9@](?:(?<=@)|[0-9 /()-]{4,}[0-9])")
# Letters and signs that are read as they are written: nearly every Swedish and Norwegian text is of these.
_ORDINARY = re.compile("[\x00-\x7f\xc0-\xff\u0100-\u017e]*")
_TWO_WORDS = re.compile(r"\b([^\W\d_]+)(?:-[^\W\d_]+)? +(?=([^\W\d_]+))")
# The year of a notice number in an address (`716430-2026`) is not the end of a personal number.
_YEAR = re.compile(r"-20[0-4]\d(?!\d)")

_PATRONYMIC = re.compile(
    r"[a-z]{2,}(?:sson|datter|dotter)|(?:ander|erik|han|jen|johan|john|karl|kristian|lar|nil|ol|peder|petter)sen"
)
# The commonest first names in Sweden and Norway, folded, without those that are also words of trades and places.
_NAMES = """
agneta ahmed ali alexander alexandra alf amanda amir anders andrea andreas anette anita ann anna annbritt anne
annelie annika annsofie anton arne arvid astrid axel barbro bengt bente berit bernt birger birgit birgitta bjarne
bjorg bjorn britt britta camilla carina carl caroline cathrine cecilia charlotte christer christian christina
christine christoffer claes conny dagny daniel david dennis ebba edvard einar eirik elin elisabet elisabeth ellen
ellinor elsa emil emilia emma erica erik erika erling espen eva evelina fatima fredrik frida frode geir georg gerd
gerhard gjertrud grete gro gudrun gun gunilla gunnar gunnel gunvor gustaf gustav hakan halvor hampus hanna hanne
hans harald hassan heidi helen helena helene helge henrik henry hilde ida inga inge ingeborg inger ingrid ingvar
irene isabelle ivar jakob jan janne jennifer jenny jens jesper jessica jimmy joakim johan johanna johannes john
johnny jon jonas jonathan jorgen josef josefin josefine jostein julia kare karen kari karin karl karolina katarina
katrine kenneth kent kerstin kim kirsten kjell kjetil klara knut kristian kristin kristina kristine kristoffer lars
lasse laila leif lena lennart lill linda lisa lisbeth louise lovisa lucas ludvig madeleine magne magnus maja malin
margareta margit maria marianne marie marita marit markus marte martin martina mats matilda mattias max michael
mikael mohamed mohammed mona monica monika morten niklas nils nina oddvar ola olav ole olga olle olof oscar oskar
ove oyvind patrik paul per pernille petra petter pia ragnar ragnhild rebecka reidar rickard robert robin roger
roland rolf rune sandra sara sebastian sigrid simon sindre siri sissel sofia sofie solveig sonja stefan stian stina
sture susanne sven svein sverre terje thomas thor tina tobias tomas tommy tore torbjorn torgeir tormod torsten trine
trond turid ulf ulla ulrika vegard veronica vidar viktor viktoria vilhelm wenche william yngve yvonne
"""
_FIRST_NAMES = frozenset(_NAMES.split())


def plain(text: str) -> str:
    """Return `text` as it is read: without characters that nobody sees, and with plain spaces, hyphens and digits.

    So that a personal number is one with a no-break space, a zero-width joiner or full-width digits in it too.
    """
    if text.isascii() or _ORDINARY.fullmatch(text):
        return text
    return "".join(map(_plain_character, visible(text)))


def visible(text: str) -> str:
    """Return `text` without format characters (zero-width spaces and joiners, soft hyphens, marks of direction)."""
    return text if _ORDINARY.fullmatch(text) else "".join(c for c in text if unicodedata.category(c) != "Cf")


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    """Return one character for one, so that a place in the plain form is the same place in what is visible."""
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if kind == "Pd" or character == "−":
        return "-"
    alike = unicodedata.normalize("NFKC", character)
    return alike if len(alike) == 1 else character


def holds_personal_number(text: str) -> bool:
    """Tell whether `text` holds a Swedish or Norwegian personal number, by its form, its date and its check digits.

    Swedish coordination numbers (day + 60) and Norwegian D-numbers (day + 40) count too.
    """
    text = plain(text)
    if not _SIX_DIGITS.search(text):
        return False
    return any(_is_swedish(day, rest) for day, rest in _swedish_candidates(text)) or any(
        fodselsnummer.is_valid("".join(found)) for found in _ELEVEN_DIGITS.findall(text)
    )


def holds_telephone_number(text: str) -> bool:
    """Tell whether `text` holds a telephone number, by the word before it or the way it is written."""
    return _PHONE.search(plain(text)) is not None


def without_contact_details(text: str, mark: str) -> str:
    """Return `text` with `mark` in place of every e-mail address and telephone number; untouched when it has none."""
    shown, looked_at = visible(text), plain(text)
    found = sorted(match.span() for pattern in (_EMAIL, _PHONE) for match in pattern.finditer(looked_at))
    if not found:
        return text
    kept, end = [], 0
    for first, last in found:
        kept += [shown[end:first], mark] if first >= end else []
        end = max(end, last)
    return "".join([*kept, shown[end:]])


def without_personal_numbers(text: str) -> str:
    """Return `text`, which will be stored. Raises `ValueError` when it holds a personal number."""
    if holds_personal_number(text):
        raise ValueError(
            Message(
                N_("The text seems to hold a personal identity number. Take it out: nothing about a person is kept.")
            )
        )
    return text


def without_personal_details(text: str) -> str:
    """Return `text`, which will be stored and shown.

    Raises `ValueError` when it holds a personal number, a telephone number or the e-mail address of a person: contacts
    have fields of their own, and are functions.
    """
    if not _ANY_DETAIL.search(plain(text)):
        return text
    without_personal_numbers(text)
    if holds_telephone_number(text):
        raise ValueError(
            Message(N_("The text seems to hold a telephone number. Take it out: contacts are kept as functions."))
        )
    if any(names_a_person(address) for address in _EMAIL.findall(plain(text))):
        raise ValueError(
            Message(N_("The text seems to hold a person's e-mail address. Give one of a function, such as info@."))
        )
    return text


def without_name(function: str) -> str:
    """Return the name of a function that answers. Raises `ValueError` when a person's name seems to be in it.

    That is a common first name followed by another word, both with capitals ("Anna Andersson", not "Kundtjänst").
    """
    for match in _TWO_WORDS.finditer(plain(function)):
        first, second = match.groups()
        if first[0].isupper() and second[0].isupper() and fold(first) in _FIRST_NAMES:
            raise ValueError(
                Message(
                    N_("This seems to be a person's name. Give the function that answers, such as customer service.")
                )
            )
    return function


def address_without_numbers(address: str) -> str:
    """Return a web address. Raises `ValueError` when a personal number is in it, escaped or not."""
    without_personal_numbers(_YEAR.sub("", unquote(address)))
    return address


def names_a_person(address: str) -> bool:
    """Tell whether an e-mail address seems to be a person's: a common first name or a patronymic before the @.

    A name that the domain holds too is the organisation's own (`hanna@hannas-kafe.example`).
    """
    local, _, domain = fold(plain(address)).partition("@")
    parts = [part for part in re.split(r"[^a-z]+", local) if part]
    own = re.sub(r"[^a-z]", "", domain)
    return any((part in _FIRST_NAMES or _PATRONYMIC.fullmatch(part)) and part not in own for part in parts)


def only_a_function(address: str) -> str:
    """Return an e-mail address of a function. Raises `ValueError` for one that has the form of a person's."""
    if names_a_person(address):
        raise ValueError(
            Message(N_("The address seems to be a person's. Give one of a function, such as info@ or kontakt@."))
        )
    return address


def _swedish_candidates(text: str) -> Iterator[tuple[str, str]]:
    yield from _WRITTEN_APART.findall(text)
    yield from _WITH_CENTURY.findall(text)
    yield from _TEN_DIGITS.findall(fold(text))


def _is_swedish(birth: str, rest: str) -> bool:
    """Check the date, whatever the century, and the Luhn digit. A year that is leap in one century will do."""
    year, month, day = int(birth[:2]), int(birth[2:4]), int(birth[4:])
    day -= 60 if day > 60 else 0
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return luhn.is_valid(birth + rest)
