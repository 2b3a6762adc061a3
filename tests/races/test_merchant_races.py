"""Merchants' papers at the same moment, on both databases: one effect each."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import Staffed
from tests.kit.merchants import Applicant, credit_code, owner, papers
from tests.kit.together import all_at_once, each
from tests.kit.town import PASSWORD

pytestmark = pytest.mark.race
ACCOUNT = {"bank_name": "徽商银行", "account_name": "慕容家小吃店", "account_number": "340500001111"}


def test_ten_approvals_at_once_make_one_merchant_and_ten_logins_one_owner(here: Staffed):
    """One decides, the others meet `wrong_state`; nothing that was begun is left behind."""
    applicant = Applicant(here.town)
    applicant.apply(name="独一家")
    answers = all_at_once([partial(applicant.review, here.zhao, "approvals")] * 10)
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 9}
    made = here.town.rows("SELECT id FROM merchant WHERE name = '独一家'")
    assert [row["id"] for row in made] == [applicant.look()["merchant_id"]]
    logins = [{"login": f"{made[0]['id']}-{n}", "name": "掌柜", "password": PASSWORD} for n in range(6)]
    path = f"{applicant.path}/owner"
    answers = all_at_once([partial(applicant.door.post, path, login) for login in logins])
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 5}
    assert here.town.one("SELECT COUNT(*) FROM merchant_staff WHERE merchant_id = :id", id=made[0]["id"]) == 1


def test_approval_and_rejection_at_the_same_moment_have_one_outcome(here: Staffed):
    """Whoever is first; the history holds one decision."""
    crowd = each(range(6), lambda _: Applicant(here.town))
    each(crowd, lambda applicant: applicant.apply())
    words = ("approvals", "rejections")
    answers = all_at_once([partial(one.review, here.zhao, word) for one in crowd for word in words])
    for applicant, first, second in zip(crowd, answers[::2], answers[1::2], strict=True):
        assert {first.status, second.status} == {200, 409}
        assert [event["act"] for event in applicant.look()["history"]][1:] == [
            "approve" if first.status == 200 else "reject"
        ]


def test_one_credit_code_at_the_same_moment_is_one_application(here: Staffed):
    """By the unique index: the others are refused in words."""
    crowd, code = each(range(8), lambda _: Applicant(here.town)), credit_code(900_002)
    body = papers(credit_code=code)
    answers = all_at_once([partial(one.door.post, "/merchant/v1/applications", body) for one in crowd])
    assert Counter(answer.code for answer in answers) == {None: 1, "credit_code_taken": 7}


def test_changes_of_an_account_at_the_same_moment_are_versions_in_a_row(here: Staffed):
    """No version twice, and one that waits."""
    boss = owner(here.zhao)
    answers = all_at_once([partial(boss.post, "/bank-accounts", ACCOUNT)] * 6)
    assert sorted(answer.body["version"] for answer in answers) == [2, 3, 4, 5, 6, 7]
    items = boss.get("/bank-accounts").body["items"]
    assert [item["state"] for item in items] == ["pending", *["replaced"] * 6]
