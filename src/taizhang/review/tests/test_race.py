"""Two reviewers press at the same moment: one wins, the other is told who, and nothing is half done."""

import threading

from django.db import connection

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import DomainError
from taizhang.ledger.models import Decision, Submission, Worker
from taizhang.protection.audit import verify_chain
from taizhang.protection.models import AuditEntry
from taizhang.review import actions
from taizhang.review.tests.papers import row, submit

RACES = 30


def county_three() -> User:
    return cast._user("sun", "孙梅", Role.COUNTY, ("532323",), "牟定县就业中心", "mouding-2017")


def test_of_two_reviewers_exactly_one_wins(own_database) -> None:
    zhao, sun = cast.county_zhao(), county_three()
    people = [row(number, full_name="罗小梅") for number in range(RACES)]
    batch = submit(cast.county_li(), *people, division="532323")
    with acting_as(cast.township_wei()):
        actions.approve(actor=cast.township_wei(), batch=batch)
    with acting_as(zhao):
        rows = list(Submission.objects.filter(batch=batch).order_by("row_no").values_list("pk", "version"))
    start, outcomes = threading.Barrier(2, timeout=60), {zhao.pk: [], sun.pk: []}

    def press(actor: User, verb) -> None:
        try:
            with acting_as(actor):
                for paper, version in rows:
                    start.wait()
                    try:
                        verb(actor, paper, version)
                        outcomes[actor.pk].append("won")
                    except DomainError as refusal:
                        outcomes[actor.pk].append((refusal.code, refusal.status, refusal.message.split("于")[0]))
        finally:
            connection.close()

    def approve(actor, paper, version):
        actions.approve(actor=actor, batch=batch, ids=[paper], version=version)

    def send_back(actor, paper, version):
        actions.send_back(actor=actor, batch=batch, ids=[paper], reason="电话打不通", version=version)

    threads = [
        threading.Thread(target=press, args=(zhao, approve)),
        threading.Thread(target=press, args=(sun, send_back)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    told = {zhao.pk: ("changed", 409, "孙梅"), sun.pk: ("changed", 409, "赵刚")}
    assert [len(outcomes[who.pk]) for who in (zhao, sun)] == [RACES, RACES]
    for first, second in zip(outcomes[zhao.pk], outcomes[sun.pk], strict=True):
        assert (first, second) in {("won", told[sun.pk]), (told[zhao.pk], "won")}
    approved = outcomes[zhao.pk].count("won")
    with acting_as(zhao):
        assert Submission.objects.filter(state="entered").count() == Worker.objects.count() == approved
        assert Submission.objects.filter(state="returned").count() == RACES - approved
        # submit, the township's approval of all, then every winner's
        assert Decision.objects.count() == 2 + RACES
        # one entry per call: submit, the township, and every winner
        assert AuditEntry.objects.filter(action__startswith="review.").count() == 2 + RACES
    assert verify_chain() is None
