"""Two-step sign-in: after the password a code from an app on the person's phone, or one of ten recovery codes.

Whoever has it gets no session for a password alone, whether typed on the sign-in page, with an invitation, or chosen
anew by a link; there is a challenge instead, for ten minutes, in the browser that the password was typed in. What
protects the app's secret is told in `codes`. Of recovery codes only keyed hashes are kept.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, update
from sqlmodel import col

from app.accounts import codes, queries
from app.accounts.codes import looks_like_code
from app.accounts.rules import keyed_hash
from app.accounts.schemas import TwoStepRead, TwoStepSetUp
from app.accounts.tables import Person, RecoveryCode, SignInChallenge, TwoStep
from app.accounts.vocabulary import SignedIn
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.mail import service as mail
from app.mail.vocabulary import Letter

__all__ = [
    "answer",
    "begin",
    "challenge",
    "challenged",
    "confirm",
    "end_challenges",
    "forget_challenges",
    "is_on",
    "looks_like_code",
    "new_codes",
    "set_up",
    "state",
    "turn_off",
    "use_code",
]

# How long a secret waits for its first code, and a password for the code after it.
SETS_UP: Final = timedelta(minutes=15)
LASTS: Final = timedelta(minutes=10)
CODE: Final = "/one_time_code"
RECOVERY: Final = "/recovery_code"
_TOKEN_BYTES: Final = 32
_OBJECT: Final = "person"
_WRONG: Final = N_("The code is wrong or has been used. Wait for the next one in the app, and write that.")
_WRONG_RECOVERY: Final = N_("This is not one of your recovery codes, or it has been used.")
_OFF: Final = N_("Two-step sign-in is not on.")
_LATE: Final = N_("It took too long, or this is another browser. Sign in again.")


def is_on(session: ReadSession | WriteSession, person_id: str) -> bool:
    """Tell whether a person is asked for a code after the password."""
    row = session.get(TwoStep, person_id)
    return row is not None and row.confirmed_at is not None


def state(session: ReadSession | WriteSession, person_id: str) -> TwoStepRead:
    """Return since when a person has two-step sign-in, and how many recovery codes are left."""
    row = session.get(TwoStep, person_id)
    left = session.execute(queries.recovery_codes_left(person_id)).scalar_one()
    return TwoStepRead(on_since=row.confirmed_at if row else None, codes_left=left)


def begin(session: WriteSession, who: SignedIn) -> None:
    """Make a secret for the app of somebody who has just said the password; nothing is asked until it is confirmed.

    Only this session sees it, for a quarter of an hour. One that was begun before and never confirmed is gone.

    Raises:
        Conflict: two-step sign-in is on already.
    """
    # Locked by the person, since there may be no row of this yet.
    session.get(Person, who.person_id, with_for_update=True)
    row = session.get(TwoStep, who.person_id)
    if row is not None and row.confirmed_at is not None:
        raise Conflict(Message(N_("Two-step sign-in is on already.")))
    if row is not None:
        session.delete(row)
        session.flush()
    session.add(TwoStep(person_id=who.person_id, seed=codes.new_seed(), begun_in=who.session_id))
    session.flush()


def set_up(session: ReadSession | WriteSession, who: SignedIn, *, secret: bytes, issuer: str) -> TwoStepSetUp:
    """Return what the app is told, while it waits for the first code; `issuer` is what the app calls this service.

    Raises:
        NotFound: nothing was begun in this session, it is too long ago, or it is confirmed: it is never shown again.
    """
    row = session.get(TwoStep, who.person_id)
    if row is None or not _waits(row, who):
        raise NotFound(Message(_OFF))
    app_secret = codes.secret_for_app(secret, who.person_id, row.seed)
    return TwoStepSetUp(secret=app_secret, address=codes.address_for_app(app_secret, who.email, issuer))


def confirm(session: WriteSession, who: SignedIn, code: str, *, secret: bytes) -> list[str]:
    """Turn two-step sign-in on by the app's first code, tell it by mail, and return the ten recovery codes, once.

    Raises:
        NotFound: as `set_up`.
        InvalidContent: the code is another; the fault is at `/one_time_code`.
    """
    row = session.get(TwoStep, who.person_id, with_for_update=True)
    if row is None or not _waits(row, who):
        raise NotFound(Message(_OFF))
    use_code(session, who.person_id, code, secret=secret)
    row.confirmed_at = now()
    session.flush()
    _tell(session, who.person_id, "two_step_on")
    audit.record(session, "two-step.on", _OBJECT, who.person_id)
    return _renew(session, who.person_id, secret)


def new_codes(session: WriteSession, person_id: str, *, secret: bytes) -> list[str]:
    """Make ten new recovery codes, which are returned this once; the old ones open nothing any more.

    Raises:
        NotFound: two-step sign-in is not on.
    """
    _locked(session, person_id)
    audit.record(session, "two-step.codes", _OBJECT, person_id)
    return _renew(session, person_id, secret)


def turn_off(session: WriteSession, person_id: str) -> None:
    """Ask a person for the password alone from now on, and tell it by mail.

    Raises:
        NotFound: two-step sign-in is not on.
    """
    session.delete(_locked(session, person_id))
    session.flush()
    session.connection().execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))
    end_challenges(session, person_id)
    _tell(session, person_id, "two_step_off")
    audit.record(session, "two-step.off", _OBJECT, person_id)


def use_code(session: WriteSession, person_id: str, code: str, *, secret: bytes) -> None:
    """Accept a code of a person's app. No code is accepted twice, nor one from before it (RFC 6238, 5.2).

    Raises:
        InvalidContent: it is wrong, used or too old; which, is not told. The fault is at `/one_time_code`.
    """
    row = session.get(TwoStep, person_id)
    step = codes.step_of(codes.secret_for_app(secret, person_id, row.seed), code, now()) if row else None
    # Said by the database, so that of two who send the same code at once one is refused.
    fresh = (col(TwoStep.person_id) == person_id, col(TwoStep.last_step) < (step or 0))
    session.flush()
    if not session.connection().execute(update(TwoStep).where(*fresh).values(last_step=step)).rowcount:
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault(CODE, Message(_WRONG))])


def challenge(session: WriteSession, person_id: str, attempt: tuple[str, ...] = (), *, secret: bytes) -> str:
    """Ask a person whose password was right for a code, and return the challenge's token, for a cookie of its own.

    `attempt` is what was counted for the password: it is given back by `answer`, when all has turned out well.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        SignInChallenge(
            token_hash=keyed_hash(secret, f"challenge:{token}"),
            person_id=person_id,
            attempt=" ".join(attempt),
            expires_at=now() + LASTS,
        )
    )
    session.flush()
    return token


def challenged(session: ReadSession | WriteSession, token: str, *, secret: bytes) -> str:
    """Return the id of the person who is asked for a code in the browser with this token.

    Raises:
        NotFound: nobody is: the challenge is unknown, has been met, or is too old.
    """
    person_id: str = _living(session, token, secret).person_id
    return person_id


def answer(
    session: WriteSession, token: str, *, code: str = "", recovery_code: str = "", secret: bytes
) -> tuple[str, tuple[str, ...]]:
    """Meet a challenge with a code or a recovery code; return the person's id, and the attempts to take back.

    A challenge is met once. The use of a recovery code is told by mail.

    Raises:
        NotFound: as `challenged`.
        InvalidContent: the code is wrong or used; the fault is at `/one_time_code` or `/recovery_code`.
    """
    row = _living(session, token, secret)
    person_id, attempt = row.person_id, tuple(row.attempt.split())
    if recovery_code:
        _use_recovery_code(session, person_id, recovery_code, secret)
    else:
        use_code(session, person_id, code, secret=secret)
    session.delete(row)
    session.flush()
    return person_id, attempt


def end_challenges(session: WriteSession, person_id: str) -> None:
    """End what a password began that is no longer enough: it has been changed, say."""
    session.connection().execute(delete(SignInChallenge).where(col(SignInChallenge.person_id) == person_id))


def forget_challenges(session: WriteSession, at: datetime) -> int:
    """Remove the challenges that had run out at `at`, and return how many they were."""
    return session.connection().execute(delete(SignInChallenge).where(col(SignInChallenge.expires_at) < at)).rowcount


def _living(session: ReadSession | WriteSession, token: str, secret: bytes) -> SignInChallenge:
    wanted = queries.challenge(keyed_hash(secret, f"challenge:{token}"), lock=isinstance(session, WriteSession))
    row: SignInChallenge | None = session.execute(wanted).scalars().one_or_none()
    person = session.get(Person, row.person_id) if row else None
    if row is None or row.expires_at <= now() or person is None or person.disabled_at is not None:
        raise NotFound(Message(_LATE))
    return row


def _waits(row: TwoStep, who: SignedIn) -> bool:
    """Tell whether a secret waits for its first code in this session."""
    return row.confirmed_at is None and row.begun_in == who.session_id and row.begun_at > now() - SETS_UP


def _locked(session: WriteSession, person_id: str) -> TwoStep:
    row = session.get(TwoStep, person_id, with_for_update=True)
    if row is None or row.confirmed_at is None:
        raise NotFound(Message(_OFF))
    return row


def _renew(session: WriteSession, person_id: str, secret: bytes) -> list[str]:
    made = codes.new_recovery_codes()
    session.connection().execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))
    session.add_all(
        RecoveryCode(person_id=person_id, code_hash=codes.recovery_hash(secret, person_id, code)) for code in made
    )
    session.flush()
    return made


def _use_recovery_code(session: WriteSession, person_id: str, code: str, secret: bytes) -> None:
    this = (
        col(RecoveryCode.person_id) == person_id,
        col(RecoveryCode.code_hash) == codes.recovery_hash(secret, person_id, code),
        col(RecoveryCode.used_at).is_(None),
    )
    if not session.connection().execute(update(RecoveryCode).where(*this).values(used_at=now())).rowcount:
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault(RECOVERY, Message(_WRONG_RECOVERY))])
    left = session.execute(queries.recovery_codes_left(person_id)).scalar_one()
    _tell(session, person_id, "recovery_code_used", left=left)
    audit.record(session, "two-step.recovery", _OBJECT, person_id)


def _tell(session: WriteSession, person_id: str, letter: str, **values: object) -> None:
    person = session.get(Person, person_id)
    if person is not None:
        template = f"accounts/{letter}"
        mail.queue(session, Letter(person.email, person.language, template, values, person_id=person_id))
