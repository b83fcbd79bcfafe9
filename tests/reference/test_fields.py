"""Organisation numbers, and the numbers of persons among them."""

import pytest

from app.reference.fields import check_organisation_number


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("212000-0142", "2120000142"),
        ("2120000142", "2120000142"),
        (" 212000 0142 ", "2120000142"),
        ("974 760 673", "974760673"),
        ("974760673", "974760673"),
        (None, None),
        ("", None),
        ("  ", None),
    ],
)
def test_organisation_numbers_are_kept_compact(number: str | None, kept: str | None):
    assert check_organisation_number(number) == kept


@pytest.mark.parametrize(
    "number", ["811228-9874", "8112289874", "19811228-9874", "198112289874", "701063-2391", "811228-9875"]
)
def test_a_personal_number_is_refused_as_one(number: str):
    with pytest.raises(ValueError, match="personal identity number"):
        check_organisation_number(number)


@pytest.mark.parametrize("number", ["212000-0143", "974760674", "12", "abc", "²²²²²²²²²²", "٢١٢٠٠٠٠١٤٢", "1" * 300])
def test_what_is_no_organisation_number_is_refused(number: str):
    with pytest.raises(ValueError, match="not a Swedish or Norwegian"):
        check_organisation_number(number)
