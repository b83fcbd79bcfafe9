"""Notices made to take time: many of whatever is looked up, compared or listed. Each is read or refused in two seconds.

Seconds are the processor's: other tests run on the same cores.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from app.core.errors import InvalidContent
from app.notices.eforms import read_notice
from app.notices.xml import LARGEST_BYTES
from tests.notices.notices import own
from tests.notices.watching import Watch, slowness

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CALL, RESULT = "se_reserved_cleaning.xml", "se_result.xml"
PROCESS = "<cac:TenderingProcess>\n    <cbc:Proc"
STATISTICS = (
    "<efac:ReceivedSubmissionsStatistics>\n"
    '                <efbc:StatisticsCode listName="received-submission-type">t-sme'
)
FIRST_RESULT = '<efac:LotResult>\n              <cbc:ID schemeName="result">RES-0001'
OWNER = "<efac:UltimateBeneficialOwner><cbc:ID>1</cbc:ID></efac:UltimateBeneficialOwner>"
NAME = '<cbc:Name languageID="X{n}">a</cbc:Name>'
DOCUMENTS = "<cac:CallForTendersDocumentReference>"
PARTY = '<efac:Tenderer>\n                <cbc:ID schemeName="organization">ORG-0003'
TENDER_OF_LOT = "<efac:LotTender><cbc:ID>T{n}</cbc:ID></efac:LotTender>"
TENDER = (
    "<efac:LotTender><cbc:ID>T{n}</cbc:ID><efac:TenderingParty><cbc:ID>TPA-0001</cbc:ID></efac:TenderingParty>"
    "</efac:LotTender>"
)
TOUCH_POINT = (
    "<efac:TouchPoint><cac:PartyIdentification><cbc:ID>TPO-{n}</cbc:ID></cac:PartyIdentification>"
    "<cac:Contact><cbc:Name>Anna Ann{n}</cbc:Name></cac:Contact></efac:TouchPoint>"
)
ORGANISATION = (
    "<efac:Organization><efac:Company><cac:PartyIdentification><cbc:ID>O-{n}</cbc:ID></cac:PartyIdentification>"
    "<cac:PartyLegalEntity><cbc:CompanyID>811228-9874</cbc:CompanyID></cac:PartyLegalEntity></efac:Company>"
    "</efac:Organization>"
)
LOT_RESULT = (
    "<efac:LotResult><cbc:TenderResultCode>selec-w</cbc:TenderResultCode><efac:LotTender><cbc:ID>TEN-0001</cbc:ID>"
    "</efac:LotTender><efac:SettledContract><cbc:ID>CON-0001</cbc:ID></efac:SettledContract><efac:TenderLot>"
    "<cbc:ID>LOT-0001</cbc:ID></efac:TenderLot></efac:LotResult>"
)
WITHHELD = "<efac:FieldsPrivacy><efbc:FieldIdentifierCode>x</efbc:FieldIdentifierCode></efac:FieldsPrivacy>"
LINK = (
    "<cac:CallForTendersDocumentReference><cbc:DocumentType>non-restricted-document</cbc:DocumentType><cac:Attachment>"
    "<cac:ExternalReference><cbc:URI>javascript:1</cbc:URI></cac:ExternalReference></cac:Attachment>"
    "</cac:CallForTendersDocumentReference>"
)
NO_CONTRACT = (
    '<efac:SettledContract>\n                <cbc:ID schemeName="contract">CON-0001</cbc:ID>\n'
    "              </efac:SettledContract>",
    "",
)


def many(piece: str, times: int) -> str:
    """Return a piece many times, numbered where it has a place for a number."""
    return "".join(piece.replace("{n}", str(number)) for number in range(times))


def before(place: str, text: str) -> tuple[str, str]:
    """Return the change that puts a text before a place."""
    return place, text + place


# What grows with the file takes one or two seconds on a quiet machine; what grows with its square takes minutes.
MOST_SECONDS = 5

BOMBS = {
    "kinds of field": (CALL, before(PROCESS, many("<cbc:X{n}>1</cbc:X{n}>", 100_000))),
    "leaves far down": (CALL, before(PROCESS, "<a>" * 55 + "<b>1</b>" * 100_000 + "</a>" * 55)),
    "one tender told of often": (RESULT, before(STATISTICS, many(TENDER_OF_LOT.replace("T{n}", "TEN-0001"), 60_000))),
    "one tenderer told of often": (
        RESULT,
        before(PARTY, many("<efac:Tenderer><cbc:ID>ORG-0002</cbc:ID></efac:Tenderer>", 60_000)),
    ),
    "tenders of one party": (
        RESULT,
        before(STATISTICS, many(TENDER_OF_LOT, 10_000)),
        NO_CONTRACT,
        before("<efac:SettledContract>\n              <cbc:ID", many(TENDER, 10_000)),
    ),
    "results": (RESULT, before(FIRST_RESULT, LOT_RESULT * 9_000)),
    "withheld fields": (RESULT, before(STATISTICS, WITHHELD * 45_000)),
    "touch points": (CALL, before("            </efac:Organization>", many(TOUCH_POINT, 18_000))),
    "organisations": (CALL, before("<efac:Organization>\n", many(ORGANISATION, 18_000))),
    "organisations that are read": (CALL, before("<efac:Organization>\n", many(ORGANISATION, 4_000))),
    "owners": (CALL, before("<efac:Organization>\n", OWNER * 50_000)),
    "languages": (CALL, before('<cbc:Name languageID="SWE">Res', many(NAME, 90_000))),
    "links": (CALL, before(DOCUMENTS + "\n", LINK * 19_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_it_takes_no_time(name: str):
    file, *changes = BOMBS[name]
    content = own(file, *changes)
    assert len(content) <= LARGEST_BYTES, "a bomb that is too large tries nothing"
    watch = Watch()
    with watch() as cost, suppress(InvalidContent):
        read_notice(content, now=NOW)
    assert cost.processor < MOST_SECONDS * slowness()
    assert cost.megabytes < 200


def test_hundreds_of_whole_lots_take_no_time():
    text = own(CALL).decode()
    start = text.index("  <cac:ProcurementProjectLot>")
    end = text.index("</cac:ProcurementProjectLot>", start) + len("</cac:ProcurementProjectLot>\n")
    lot = re.sub(r"\s*\n\s*", "", text[start:end])
    lots = "".join(lot.replace("LOT-0001", f"LOT-{number:04}") for number in range(3, 403))
    watch = Watch()
    with watch() as cost:
        notice = read_notice((text[:start] + lots + text[start:]).encode(), now=NOW)
    assert len(notice.opportunity.lots) == 402
    assert cost.processor < MOST_SECONDS * slowness()


def test_what_is_listed_has_an_end():
    notice = read_notice(own(CALL, before(PROCESS, many("<cbc:X{n}>1</cbc:X{n}>", 2_000))), now=NOW)
    assert len(notice.unmapped) == 500
    links = read_notice(own(CALL, before(DOCUMENTS + "\n", LINK * 2_000)), now=NOW)
    assert len(links.warnings) == 500
