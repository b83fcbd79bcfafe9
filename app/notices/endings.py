"""Ends an opportunity as its result notice tells: awarded lot by lot, cancelled when nobody won, or only closed."""

from app.core.clock import today
from app.core.db import WriteSession
from app.core.errors import Conflict, FieldFault, InvalidContent, Message
from app.core.i18n import N_, texts
from app.notices import queries
from app.notices.eforms import ParsedNotice
from app.notices.results import Result
from app.notices.schemas import Remark
from app.opportunities import service as opportunities
from app.opportunities.schemas import AwardIn, AwardRead, CancelIn, LotAwardIn, OpportunityRead
from app.opportunities.vocabulary import LotResult, Status

_NO_REASON = N_("No winner was chosen.")


def end(session: WriteSession, notice: ParsedNotice, result: Result, existing: OpportunityRead) -> OpportunityRead:
    """Write how `existing` ended, and return it as it then is.

    What a later result has told of a lot stays. A procurement of which some lots have no winner and the others no
    result yet is only closed.

    Raises:
        InvalidContent: the result is about a lot that the opportunity does not have.
        Conflict: the opportunity was cancelled, or was awarded and now nobody is to have won.
    """
    awards = _of_lots(notice, result.awards, existing)
    if _is_older(session, notice, existing):
        told = {award.lot_number for award in _awards(existing)}
        awards = [award for award in awards if award.lot_number not in told]
    if not awards:
        return _close(session, existing)
    lots = {award.lot_number for award in awards}
    others = [award for award in _awards(existing) if award.lot_number not in lots]
    results = [*(award.result for award in awards), *(award.result for award in others)]
    if LotResult.AWARDED in results:
        days = [award.awarded_on for award in awards if award.awarded_on]
        data = AwardIn(awarded_on=max(days, default=None), awards=awards, replaces_earlier=True)
        return opportunities.award(session, existing.id, data, by_notice=True)
    if existing.status is Status.AWARDED:
        raise Conflict(Message(N_("The result says that nobody won, but the opportunity is awarded already.")))
    if lots == {lot.number for lot in existing.lots}:
        return _cancel(session, notice, awards, existing)
    message = N_("Some lots have no winner and the others no result yet: nothing is written until one is awarded.")
    notice.warnings.append(Remark(field="BT-142", line=notice.result_line, message=message, values={}))
    return _close(session, existing)


def _of_lots(notice: ParsedNotice, awards: list[LotAwardIn], existing: OpportunityRead) -> list[LotAwardIn]:
    """Return the awards with the lots' numbers as the opportunity has them; a fault for each lot it does not have."""
    known = {lot.number for lot in existing.lots}
    told = {award.lot_number for award in awards}
    if len(known) == len(told) == len(notice.opportunity.lots) == 1:
        # The only lot of both: it may be called LOT-0000 here and LOT-0001 there.
        return [award.model_copy(update={"lot_number": next(iter(known))}) for award in awards]
    if unknown := sorted(number for number in told if number and number not in known):
        where = f"line {notice.result_line}, BT-13713"
        detail = f"The result is about lots that opportunity {existing.id} does not have: import the change first."
        raise InvalidContent(detail, [FieldFault(where, f"there is no lot {number[:40]!r}") for number in unknown[:50]])
    return awards


def _is_older(session: WriteSession, notice: ParsedNotice, existing: OpportunityRead) -> bool:
    """Tell whether another result of the same opportunity was published after this one."""
    identity, published = notice.identity, notice.opportunity.published_at
    return any(
        row.published_at is not None and published is not None and row.published_at > published
        for row in session.execute(queries.results_of(existing.id)).scalars()
        if (row.source, row.notice_id) != (identity.source, identity.notice_id)
    )


def _cancel(
    session: WriteSession, notice: ParsedNotice, awards: list[LotAwardIn], existing: OpportunityRead
) -> OpportunityRead:
    if existing.status is Status.CANCELLED:
        return existing
    reasons = list(dict.fromkeys(award.reason for award in awards if award.reason))
    published, this_day = notice.opportunity.published_at, today(existing.country)
    on = min(published.date(), this_day) if published else None
    data = CancelIn(reason=" ".join(reasons) or texts(notice.opportunity.language)(_NO_REASON), cancelled_on=on)
    return opportunities.cancel(session, existing.id, data)


def _close(session: WriteSession, existing: OpportunityRead) -> OpportunityRead:
    """A result that tells of no winner yet still says that tenders are no longer taken."""
    return opportunities.close(session, existing.id) if existing.status is Status.PUBLISHED else existing


def _awards(existing: OpportunityRead) -> list[AwardRead]:
    return existing.outcome.awards if existing.outcome else []
