"""What published needs state, in memory, is what the database says at that moment."""

from app.core.db import Database
from app.needs import service
from app.needs.schemas import NeedPatch
from app.needs.service import Said
from app.needs.vocabulary import Status, Verb
from tests.factories import need
from tests.needs.test_lifecycle import ANY_VERSION, does


def stated(database: Database) -> dict[str, Said]:
    with database.reads() as session:
        return dict(service.stated(session))


def test_what_is_stated_follows_every_change(database: Database):
    assert stated(database) == {}
    with database.writes() as session:
        first = service.register(session, need(), home="here", status=Status.PUBLISHED).id
        bare = need(categories=[], areas=[], sides=[], area_code="SE-25")
        second = service.register(session, bare, home="here", status=Status.PUBLISHED).id
        service.register(session, need(), home="here")
    advice = Said(frozenset({"advice"}), frozenset({"SE-25"}), frozenset({"enterprise"}))
    assert stated(database) == {first: advice, second: Said()}
    with database.writes() as session:
        service.change(session, first, NeedPatch.model_validate({"categories": ["training"]}), match=ANY_VERSION)
    does(database, Verb.WITHDRAW, second)
    assert stated(database) == {first: Said(frozenset({"training"}), advice.areas, advice.sides)}


def test_who_sees_an_older_moment_is_told_of_that(with_demo: Database):
    with with_demo.reads() as early:
        before = service.stated(early)
        with with_demo.writes() as session:
            new = service.register(session, need(), home="here", status=Status.PUBLISHED).id
        assert new in stated(with_demo)
        assert new not in service.stated(early)
        assert service.stated(early) == before
    assert new in stated(with_demo)
