"""What speaks for a reservation: the flag, the words of the title and the code are three separate pieces of evidence.

In 18,421 Swedish notices of 2021 only 22 carried the flag, two of five titles that say "reserverad" carry none, and
some flagged ones (a marina, a recycling plant) are hardly meant. So an imported flag gates only with a second witness.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.core.text import fold
from app.reference import service as reference

# Folded. Reserv-words whole ("reserverad", not "reservdelar" and not "reservasjon"); the enterprises by their names.
_TITLE = re.compile(
    r"\b(reserverad[et]?|reserverat|reservert[e]?|reserved"
    r"|(?:social[at]?|sosiale?|arbetsintegrerande|arbeidsintegrerende)\s+(?:\w+\s+)?(?:foretag|bedrifter|foretak|virksomheter)"
    r"|asf|wise|vekstbedrift\w*|vernede?\s+bedrift\w*|skyddad\w*\s+verkstad\w*|sheltered\s+workshops?"
    r"|social\s+enterprises?|ideburn?a?n?\w*|ideell\w*|19\s*kap\.?\s*25|4\s*kap\.?\s*18\s*§)(?!\w)"
)
# A division or group of works says nothing about who could do it.
_WORKS = "45"


@dataclass(frozen=True, slots=True)
class ReservationEvidence:
    """The three witnesses apart, and whether together they gate. `title` holds the words that were found."""

    flag: tuple[str, ...]
    title: tuple[str, ...]
    cpv: tuple[str, ...]
    gates: bool


def reservation_evidence(flag: Collection[str], title: str, cpv: Sequence[str]) -> ReservationEvidence:
    """Return what an imported notice's flag codes (BT-71), title and CPV codes, the main one first, say.

    `cpv` of the answer holds those flag codes that the main CPV code agrees with: `res-pub-ser` and the national rules
    for non-profit organisations want one of the 115 public-service codes, `res-ws` a trade that work-integrating
    enterprises are in. The flag gates when the title or the CPV agrees.
    """
    main = cpv[0] if cpv else ""
    flagged = tuple(code for code in dict.fromkeys(flag) if code != "none")
    words = tuple(dict.fromkeys(found.group(0) for found in _TITLE.finditer(fold(title))))
    agreeing = tuple(code for code in flagged if main and _cpv_agrees(code, main))
    return ReservationEvidence(flagged, words, agreeing, gates=bool(flagged and (words or agreeing)))


def _cpv_agrees(code: str, cpv: str) -> bool:
    if code == "res-ws":
        return not cpv.startswith(_WORKS) and bool(reference.sectors_of_cpv(cpv))
    return reference.is_public_service_code(cpv)
