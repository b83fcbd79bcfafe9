"""An enterprise as terms: the only thing a plan reads, so that an index of terms ranks exactly as a full reading.

Kinds of terms (kind:value):

    c2 c3 c4 c5   CPV division, group, class, category of a code the enterprise states
    c8            the code itself, eight digits
    k             a trade named in its texts or by its sectors (cleaning, moving …), whatever the language
    g             a piece of a word of its texts (impact 26–255) or of the labels of its codes (impact 25)
    i             an industry code: two digits and as many as stated
    a             a declared service area: country, county or municipality; a:? when none is declared
    m             the municipality of the seat; m:? when unknown
    t e           turnover band, employees band; t:? and e:? when not stated
    p             work-training places free, reached steps of 1, 2, 5, 10, 20; p:? when not stated
    q             trust step 0–5; q:? when nothing is stated of any criterion
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import isqrt
from typing import Any, Final

import orjson

from app.matching.lexicon import infer_codes, pieces, significant, trades_in, trades_of_sectors, words
from app.matching.profile import Offering, Profile, Statement
from app.matching.weights import rarity_of_piece
from app.reference.service import cpv_words

FULL_IMPACT: Final = 255
LABEL_IMPACT: Final = 25
SHORT_TEXT: Final = 1600
"""Root of the summed squared rarities of a title of about three words."""
PLACE_STEPS: Final = (1, 2, 5, 10, 20)
UNKNOWN: Final = "?"
_INFERRED_DIGITS = 4
_SURE_ENOUGH = 50


@dataclass(frozen=True, slots=True)
class Document:
    """One enterprise compiled for matching: its terms with impacts, and the facts the gate needs."""

    enterprise_id: str
    facts: Mapping[str, int]
    """Every term but the word pieces; the impact of a fact is 1."""
    pieces: Mapping[str, int]
    """Word piece to impact, 1–255. Apart from the facts, because there are ten times as many."""
    kind: str
    lifecycle: str
    country: str
    eligibility: Mapping[str, Statement]
    confirmed: bool = True
    codes: tuple[str, ...] = ()
    """The CPV codes it states, in order."""

    @property
    def terms(self) -> dict[str, int]:
        """Term to impact, facts and word pieces together: what the index holds."""
        return {**self.facts, **self.pieces}

    def to_bytes(self) -> bytes:
        """Return this document as JSON bytes, the same bytes for the same document."""
        statements = {code: [said.state, said.on, said.until] for code, said in self.eligibility.items()}
        value = {
            "id": self.enterprise_id,
            "facts": list(self.facts),
            "pieces": _by_impact(self.pieces),
            "kind": self.kind,
            "life": self.lifecycle,
            "country": self.country,
            "reserved": statements,
            "confirmed": self.confirmed,
            "codes": self.codes,
        }
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, data: bytes, pieces: frozenset[str] | None = None) -> "Document":
        """Return the document that `to_bytes` wrote; with `pieces`, of its word pieces those alone."""
        value: dict[str, Any] = orjson.loads(data)
        statements = {
            code: Statement(state, _day(on), _day(until)) for code, (state, on, until) in value["reserved"].items()
        }
        return cls(
            value["id"],
            dict.fromkeys(value["facts"], 1),
            _from_impacts(value["pieces"], pieces),
            value["kind"],
            value["life"],
            value["country"],
            statements,
            value["confirmed"],
            tuple(value["codes"]),
        )


def _by_impact(pieces: Mapping[str, int]) -> dict[str, str]:
    """Return impact to the pieces that have it, in one text: half the bytes of a piece at a time."""
    held: dict[int, list[str]] = {}
    for term, impact in pieces.items():
        held.setdefault(impact, []).append(term)
    return {str(impact): " ".join(sorted(found)) for impact, found in held.items()}


def _from_impacts(held: Mapping[str, str], wanted: frozenset[str] | None) -> dict[str, int]:
    """Return what `_by_impact` was made from, or the part of it that is wanted."""
    found: dict[str, int] = {}
    for impact, text in held.items():
        listed = text.split()
        found.update(dict.fromkeys(listed if wanted is None else wanted.intersection(listed), int(impact)))
    return found


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def document(profile: Profile) -> Document:
    """Return `profile` compiled to terms. Repeating a code, a word or an area changes nothing."""
    stated = sorted({code for offering in profile.offerings for code in offering.cpv})
    inferred = sorted({prefix for offering in profile.offerings for prefix in _inferred_prefixes(offering)})
    facts = {
        *(term for code in stated for term in code_terms(code)),
        *(term for prefix in inferred for term in prefix_terms(prefix)),
        *(f"k:{trade}" for offering in profile.offerings for trade in _trades(offering)),
        *(term for code in profile.industry_codes for term in industry_terms(code)),
        *(f"a:{area}" for area in profile.service_areas or (UNKNOWN,)),
        f"m:{profile.municipality or UNKNOWN}",
        f"t:{profile.turnover_band or UNKNOWN}",
        f"e:{profile.employees_band or UNKNOWN}",
        *_place_terms(profile.offerings),
        f"q:{trust_step(profile.criteria)}",
    }
    return Document(
        profile.enterprise_id,
        dict.fromkeys(sorted(facts), 1),
        _word_terms(profile),
        profile.kind,
        profile.lifecycle,
        profile.country,
        dict(profile.eligibility),
        profile.confirmed,
        tuple(stated),
    )


def code_terms(code: str) -> tuple[str, ...]:
    """Return the terms of one stated CPV code: each level it fills, and the code itself."""
    return (*prefix_terms(significant(code)), f"c8:{code}")


def prefix_terms(prefix: str) -> tuple[str, ...]:
    """Return the level terms of a CPV prefix without trailing zeros, division first."""
    return tuple(f"c{level}:{prefix[:level]}" for level in range(2, min(len(prefix), 5) + 1))


def industry_terms(code: str) -> tuple[str, ...]:
    """Return the terms of one industry code: the division, and the code to each further digit."""
    digits = code.split(" ")[0].replace(".", "")
    return tuple(f"i:{digits[:length]}" for length in range(2, len(digits) + 1))


def _inferred_prefixes(offering: Offering) -> Iterator[str]:
    """Yield the CPV prefixes, class at the deepest, that an offering without codes suggests by its title."""
    if not offering.cpv:
        for prefix, strength in infer_codes(offering.title):
            if strength >= _SURE_ENOUGH:
                yield prefix[:_INFERRED_DIGITS]


def _trades(offering: Offering) -> Iterable[str]:
    """Return the trades an offering names by its texts or its sectors."""
    return {*trades_in(f"{offering.title} {offering.description}"), *trades_of_sectors(offering.sectors)}


def _place_terms(offerings: tuple[Offering, ...]) -> Iterator[str]:
    """Yield the steps that the most places free in one offering reach."""
    known = [offering.places_free for offering in offerings if offering.places_free is not None]
    if not known:
        yield f"p:{UNKNOWN}"
    else:
        yield from (f"p:{step}" for step in PLACE_STEPS if max(known) >= step)


def trust_step(criteria: Mapping[str, str]) -> str:
    """Return 0–5 for what is stated of the definition criteria (verified counts twice declared), or ? for nothing."""
    current = [state for state in criteria.values() if state in {"declared", "verified"}]
    if not criteria:
        return UNKNOWN
    points = sum(2 if state == "verified" else 1 for state in current)
    return str((5 * points) // (2 * max(5, len(criteria))))


def _word_terms(profile: Profile) -> dict[str, int]:
    """Return the pieces of the profile's words with impacts.

    Each piece counts as in the shortest text that holds it: a long text has weaker words, so length wins nothing, and
    one offering's many words do not weaken another's. Labels of codes and industries fill in, at a low impact.
    """
    terms = dict.fromkeys(_label_terms(profile), LABEL_IMPACT)
    for offering in profile.offerings:
        for text in (offering.title, offering.description):
            own = _text_terms(text)
            impact = _impact(own)
            terms.update({term: max(impact, terms.get(term, 0)) for term in own})
    return terms


def _label_terms(profile: Profile) -> set[str]:
    """Return the pieces of the labels of the profile's CPV codes, in three languages, and of its industries."""
    codes = {code for offering in profile.offerings for code in offering.cpv}
    labels: list[Iterable[str]] = [_code_label_terms(code) for code in codes]
    labels += [_text_terms(code.partition(" ")[2]) for code in profile.industry_codes]
    return set().union(*labels)


# There are many more enterprises than codes and words.
@lru_cache(maxsize=20_000)
def _code_label_terms(code: str) -> frozenset[str]:
    return frozenset(_text_terms(cpv_words(code)))


def _text_terms(text: str) -> set[str]:
    return set().union(*map(piece_terms, words(text)))


@lru_cache(maxsize=100_000)
def piece_terms(word: str) -> tuple[str, ...]:
    """Return the terms of the pieces of one word."""
    return tuple(f"g:{piece}" for piece in pieces(word))


def _impact(own: set[str]) -> int:
    """Return the impact of each piece of one text: full up to the weight of a short title, then as its root."""
    squares = sum(rarity_of_piece(term[2:]) ** 2 for term in own)
    norm = max(isqrt(squares), SHORT_TEXT)
    return max(LABEL_IMPACT + 1, FULL_IMPACT * isqrt(10_000 * SHORT_TEXT // norm) // 100)
