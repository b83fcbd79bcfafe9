"""What may not be stored about people (SECURITY.md, items 3 and 4): personal numbers, and addresses that name somebody.

Both rules are cautious. They look at the shape and the check digits, so that telephone and organisation numbers, CPV
codes and dates pass; what they cannot tell (`anna@`) passes too.
"""

import re
from collections.abc import Iterator
from datetime import date

from stdnum import luhn
from stdnum.no import fodselsnummer

from app.core.errors import Message
from app.core.i18n import N_
from app.core.text import fold

_WRITTEN_APART = re.compile(r"(?<!\d)(?:18|19|20)?(\d{6})[-+‐‑– ](\d{4})(?!\d)")
_WITH_CENTURY = re.compile(r"(?<!\d)(?:18|19|20)(\d{6})(\d{4})(?!\d)")
# Ten digits in a row are as often a telephone number: they count after a word that says what they are.
_TEN_DIGITS = re.compile(
    r"(?:person(?:al)?[ -]?(?:nummer|nr|number)|\bpnr|samordningsnummer)\W{0,3}(\d{6})(\d{4})(?!\d)"
)
_ELEVEN_DIGITS = re.compile(r"(?<!\d)(\d{6})[-‐‑– ]?(\d{5})(?!\d)")

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


def holds_personal_number(text: str) -> bool:
    """Tell whether `text` holds a Swedish or Norwegian personal number, by its form, its date and its check digits.

    Swedish coordination numbers (day + 60) and Norwegian D-numbers (day + 40) count too.
    """
    return any(_is_swedish(day, rest) for day, rest in _swedish_candidates(text)) or any(
        fodselsnummer.is_valid("".join(found)) for found in _ELEVEN_DIGITS.findall(text)
    )


def without_personal_numbers(text: str) -> str:
    """Return `text`, which will be stored and shown. Raises `ValueError` when it holds a personal number."""
    if holds_personal_number(text):
        raise ValueError(
            Message(
                N_("The text seems to hold a personal identity number. Take it out: nothing about a person is kept.")
            )
        )
    return text


def names_a_person(address: str) -> bool:
    """Tell whether an e-mail address seems to be a person's: a common first name or a patronymic before the @.

    A name that the domain holds too is the organisation's own (`hanna@hannas-kafe.example`).
    """
    local, _, domain = fold(address).partition("@")
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
