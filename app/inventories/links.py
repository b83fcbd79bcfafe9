"""The link in an invitation: whoever opens it reads, and a POST answers. No account is asked for.

Its holder may change the answer until the round closes; then the link shows nothing of it any more.
"""

from sqlalchemy import update
from sqlmodel import col

from app.core.clock import today
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound, json_pointer
from app.core.i18n import N_
from app.inventories import publishing, queries
from app.inventories.rules import hash_of, link_state
from app.inventories.schemas import SurveyAnswer, SurveyAnswerIn, SurveyQuestion, SurveyRead
from app.inventories.tables import InventoryAnswer, InventoryInvitation, NeedsInventory
from app.inventories.vocabulary import LinkState, QuestionKind

_REFUSALS = {
    LinkState.CLOSED: N_("The round is closed: no more answers are taken."),
    LinkState.WITHDRAWN: N_("This invitation has been taken back."),
}


def read(session: ReadSession | WriteSession, token: str, *, secret: bytes) -> SurveyRead:
    """Return what a link shows: what is asked, what can still be done, and what was answered. It changes nothing.

    Raises:
        NotFound: no invitation has this link.
    """
    invitation = _invitation(session, token, secret)
    return _shown(session, invitation, _round(session, invitation))


def answer(session: WriteSession, token: str, data: SurveyAnswerIn, *, secret: bytes) -> SurveyRead:
    """Answer through a link, or answer anew, and return what it shows from now on.

    Raises:
        NotFound: no invitation has this link.
        Conflict: the round is closed, or the invitation was taken back.
        InvalidContent: a question, or an option, that the round does not have.
    """
    invitation = _invitation(session, token, secret)
    # Held, so that nothing is answered to a round that is being closed.
    row = session.get(NeedsInventory, invitation.inventory_id, with_for_update=True, populate_existing=True)
    session.refresh(invitation)
    if row is None or (state := _state(invitation, row)) is not LinkState.OPEN:
        raise Conflict(Message(_REFUSALS[state if row else LinkState.CLOSED]))
    given, texts = checked(data, [SurveyQuestion.model_validate(one) for one in _questions(row)])
    _write(session, invitation, given, texts)
    return _shown(session, invitation, row)


def checked(data: SurveyAnswerIn, questions: list[SurveyQuestion]) -> tuple[dict[str, int | str], dict[str, str]]:
    """Return levels and choices, and texts, by question. Raises `InvalidContent` for what the round does not ask."""
    asked = {one.key: one for one in questions}
    faults = [
        FieldFault(json_pointer([field, key]), Message(told))
        for field, kinds, told in (
            ("levels", {QuestionKind.SCALE}, N_("the round asks no such question from 0 to 3")),
            ("choices", {QuestionKind.CHOICE}, N_("the round has no such choice")),
            ("texts", set(QuestionKind), N_("the round asks no such question")),
        )
        for key in getattr(data, field)
        if key not in asked or asked[key].kind not in kinds
    ]
    faults += [
        FieldFault(json_pointer(["choices", key]), Message(N_("this is none of the options")))
        for key, chosen in data.choices.items()
        if key in asked and asked[key].kind is QuestionKind.CHOICE and chosen not in asked[key].options
    ]
    if faults:
        raise InvalidContent(Message(SEE_ERRORS), faults)
    return {**data.levels, **data.choices}, {key: text for key, text in data.texts.items() if text}


def _write(
    session: WriteSession, invitation: InventoryInvitation, given: dict[str, int | str], texts: dict[str, str]
) -> None:
    row = session.execute(queries.answer_to(invitation.id)).scalars().one_or_none()
    if row is None:
        row = InventoryAnswer(inventory_id=invitation.inventory_id, invitation_id=invitation.id)
        session.add(row)
    row.area_code, row.given, row.texts = invitation.area_code, given, texts
    session.flush()
    own = col(InventoryInvitation.id) == invitation.id
    session.connection().execute(update(InventoryInvitation).where(own).values(answered=True))


def _invitation(session: ReadSession | WriteSession, token: str, secret: bytes) -> InventoryInvitation:
    found: InventoryInvitation | None = session.execute(queries.by_hash(hash_of(secret, token))).scalars().one_or_none()
    if found is None:
        raise NotFound(Message(N_("This link leads nowhere: check that it was copied whole.")))
    return found


def _round(session: ReadSession | WriteSession, invitation: InventoryInvitation) -> NeedsInventory:
    row = session.get(NeedsInventory, invitation.inventory_id)
    if row is None:
        raise NotFound(Message(N_("This link leads nowhere: check that it was copied whole.")))
    return row


def _questions(row: NeedsInventory) -> list[dict[str, object]]:
    return publishing.questions_of(row.own_questions)


def _state(invitation: InventoryInvitation, row: NeedsInventory) -> LinkState:
    return link_state(invitation.state, row.status, row.closes_on, today(row.area_code[:2]))


def _shown(session: ReadSession | WriteSession, invitation: InventoryInvitation, row: NeedsInventory) -> SurveyRead:
    state = _state(invitation, row)
    found = session.execute(queries.answer_to(invitation.id)).scalars().one_or_none()
    given = found.given if found else {}
    answered = SurveyAnswer(
        levels={key: value for key, value in given.items() if isinstance(value, int)},
        choices={key: value for key, value in given.items() if isinstance(value, str)},
        texts=found.texts if found else {},
    )
    return SurveyRead(
        state=state,
        inventory_id=row.id,
        name=row.name,
        summary=row.summary,
        language=row.language,
        area_code=row.area_code,
        closes_on=row.closes_on,
        invited=invitation.name,
        questions=[SurveyQuestion.model_validate(one) for one in _questions(row)],
        answer=answered if found and state is LinkState.OPEN else None,
    )
