"""Our code lists as taxonomies and their codes as terms, with ids that are the same on every node."""

from collections.abc import Collection, Iterator

from app.core.columns import stable_id
from app.core.i18n import Texts
from app.core.text import tokens
from app.hsds.schemas import Attribute, Taxonomy, Term
from app.hsds.vocabulary import TAXONOMIES
from app.reference import service as reference

_URN = "urn:samnod:codes:"


def taxonomies(say: Texts) -> list[Taxonomy]:
    """Return every taxonomy, by id, in the language of `say`."""
    return sorted((_taxonomy(name, say) for name in TAXONOMIES), key=lambda one: one.id)


def terms(say: Texts) -> list[Term]:
    """Return every term of every taxonomy, by id, in the language of `say`."""
    found = (term(name, code.code, say) for name in TAXONOMIES for code in reference.codes(name))
    return sorted(found, key=lambda one: one.id)


def term(name: str, code: str, say: Texts) -> Term:
    """Return one code of the list called `name` as a term."""
    label = reference.label(name, code, say.language)
    return Term(
        id=_term_id(name, code),
        code=code,
        name=label,
        description=f"{say(TAXONOMIES[name][0])}: {label}",
        taxonomy=name,
        taxonomy_id=_taxonomy_id(name),
        language=say.language,
        term_uri=f"{_URN}{name}:{code}",
    )


def list_of(taxonomy_id: str) -> str | None:
    """Return the name of the code list that is this taxonomy, None for an id that no taxonomy has."""
    return next((name for name in TAXONOMIES if _taxonomy_id(name) == taxonomy_id), None)


def codes_of(term_ids: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the names of lists with the codes that are these terms; an id that no term has is left out."""
    return tuple((name, code) for name, code in _codes() if _term_id(name, code) in term_ids)


def attribute(record_id: str, name: str, code: str, say: Texts) -> Attribute:
    """Return what says that a service is described by a code of a list."""
    found = term(name, code, say)
    return Attribute(
        id=stable_id("attribute", f"{record_id}:{name}:{code}"),
        link_id=record_id,
        link_type=name,
        link_entity="service",
        taxonomy_term_id=found.id,
        taxonomy_term=found,
    )


def value(record_id: str, entity: str, kind: str, said: str) -> Attribute:
    """Return what says something of a record that is no term: where it comes from, or its licence."""
    return Attribute(
        id=stable_id("attribute", f"{record_id}:{kind}"),
        link_id=record_id,
        link_type=kind,
        link_entity=entity,
        value=said,
    )


def has_words(text: str, search: str) -> bool:
    """Tell whether every word that is looked for begins one of the text's."""
    words = tokens(text)
    return all(any(word.startswith(one) for word in words) for one in tokens(search))


def _codes() -> Iterator[tuple[str, str]]:
    for name in TAXONOMIES:
        for code in reference.codes(name):
            yield name, code.code


def _taxonomy(name: str, say: Texts) -> Taxonomy:
    title, told = TAXONOMIES[name]
    return Taxonomy(id=_taxonomy_id(name), name=say(title), description=say(told), uri=f"{_URN}{name}")


def _taxonomy_id(name: str) -> str:
    return stable_id("taxonomy", name)


def _term_id(name: str, code: str) -> str:
    return stable_id("taxonomy-term", f"{name}:{code}")
