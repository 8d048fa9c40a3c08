"""A list against the ledger: who is told, what is kept, what closes by itself, and that its length does not matter."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from taizhang.accounts.acting import acting_as, acting_for
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import doubts, todays
from taizhang.collecting.models import Doubt, DoubtState
from taizhang.comparison import actions, matching, queries, reading, vault
from taizhang.comparison.models import DepartmentList, ListState
from taizhang.comparison.tests.sheets import DAY, bring, counts, csv, row
from taizhang.comparison.tests.test_reading import DEATH, grid
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger.models import Worker
from taizhang.ledger.person import get
from taizhang.ledger.tests.people import JUNTUN, enter, number, person
from taizhang.ledger.webedit import hand_in_standing
from taizhang.protection.models import AuditEntry
from taizhang.review import actions as review
from taizhang.site import waiting

XINQIAO = "532323102201"
BEFORE = dt.date(2026, 1, 10)
STRANGER = number(sequence=99)


@pytest.fixture
def vaulted(settings: object, tmp_path: object) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def li(db: None, vaulted: None) -> User:
    """甲 and 乙 of Lan's villages, 丙 of another town, 丁 who has died already; 戊 of another county."""
    cast.load_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(
            li,
            person(1, full_name="甲"),
            person(2, full_name="乙", hukou_region=JUNTUN, main_income_source="5"),
            person(3, full_name="丙", hukou_region=XINQIAO),
            person(4, full_name="丁", pool_status="31", status_date=BEFORE),
            on=BEFORE,
        )
    other = cast.county_guzhang()
    with acting_as(other):
        enter(
            other, person(5, full_name="戊", hukou_region="433126101005", is_poverty_registered=True), on=BEFORE,
            programme="guzhang-2020", division="433126",
        )  # fmt: skip
    return li


def of(sequence: int, name: str, **others: str) -> dict[str, str]:
    return row(number(sequence=sequence), name, **others)


def heaps(actor: User, found: DepartmentList) -> dict[str, int]:
    with acting_as(actor):
        return {name: n for name, n in queries.tallies(actor, [found])[found.pk].items() if n}


def shown(actor: User, found: DepartmentList, heap: str = "open") -> list[queries.Line]:
    with acting_as(actor):
        return queries.lines(actor, found, heap, slice(0, 50))


def doubt_of(name: str) -> Doubt:
    with acting_for(["53"]):
        return Doubt.objects.get(worker__full_name=name)


def test_the_ledgers_people_are_found_and_nobody_else_is_told_or_kept(li: User) -> None:
    found = bring(
        li,
        of(1, "甲", 死亡日期="2026-05-01"),
        of(2, "乙"),
        of(3, "丙"),
        of(4, "丁"),
        of(5, "戊"),
        of(99, "某人"),
        of(1, "甲"),
    )
    assert found.state == ListState.DONE
    # 戊 is another county's: not told apart from somebody nobody knows
    assert counts(found) == {"rows": 7, "listed": 6, "known": 4, "strangers": 2, "repeated": 1}
    assert heaps(li, found) == {"open": 3}
    first = shown(li, found)[0]
    assert (first.full_name, first.said, first.held) == ("甲", {"died_on": "2026-05-01"}, {"pool_status": "10"})
    with acting_for(["53", "43"]), connection.cursor() as cursor:
        for table in ("collecting_doubt", "comparison_departmentlist", "protection_auditentry", "engine_progress"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            kept = cursor.fetchone()[0]
            assert STRANGER not in kept
            assert "某人" not in kept
            assert "戊" not in kept
    assert not vault.VAULT.has(found.pk, vault.FILE)  # what was needed of it is matched


def test_a_town_sees_its_own_people_of_its_countys_list_and_strangers_see_no_list(li: User) -> None:
    found = bring(li, of(1, "甲"), of(3, "丙"))
    wei, mo = cast.township_wei(), cast.township_mo()
    assert [one.full_name for one in shown(wei, found)] == ["甲"]
    assert heaps(mo, found) == {"open": 1}
    for stranger in (cast.county_guzhang(), cast.security_admin()):
        with acting_as(stranger), pytest.raises(NotFound):
            queries.get_list(stranger, found.pk)
    with acting_as(wei), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM collecting_doubt")
        assert cursor.fetchone()[0] == 1
        cursor.execute("SELECT count(*) FROM comparison_departmentlist")
        assert cursor.fetchone()[0] == 1
    with acting_as(cast.county_guzhang()), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM collecting_doubt) + (SELECT count(*) FROM comparison_departmentlist)"
        )
        assert cursor.fetchone()[0] == 0


def test_the_database_lets_nobody_delete_a_doubt_or_write_a_neighbours(li: User) -> None:
    bring(li, of(3, "丙"))
    wei = cast.township_wei()
    with acting_as(wei), connection.cursor() as cursor:
        cursor.execute("UPDATE collecting_doubt SET state = 'refuted'")
        assert cursor.rowcount == 0
        cursor.execute("UPDATE comparison_departmentlist SET name = 'x'")
        assert cursor.rowcount == 0
    with acting_as(li), pytest.raises(DatabaseError), transaction.atomic():
        Doubt.objects.all()._raw_delete("default")


def test_only_a_county_brings_lists_and_only_of_use_to_its_programme(li: User) -> None:
    wei, other = cast.township_wei(), cast.county_guzhang()
    with pytest.raises(NotAllowed, match="county_only"):
        bring(wei, of(1, "甲"))
    with pytest.raises(NotFound):
        bring(other, of(5, "戊"), kind="pension")  # its form does not ask
    with pytest.raises(DomainError, match="day_in_future"):
        bring(li, of(1, "甲"), day=timezone.localdate() + dt.timedelta(days=1))
    with acting_for(["53", "43"]):
        assert not DepartmentList.objects.exists()


def test_the_same_file_again_changes_nothing(li: User) -> None:
    data = csv("身份证号,姓名", f"{number(sequence=1)},甲", f"{number(sequence=2)},乙")
    first = bring(li, data=data, name="六月.csv")
    with acting_as(li):
        actions.decide(actor=li, list_id=first.pk, ids=[doubt_of("乙").pk], verb="refute", reason="入户见到本人")
        before = list(Doubt.objects.order_by("id").values())
    again = bring(li, data=data, name="六月 (2).csv")
    assert again.pk == first.pk
    assert again.counts == first.counts
    with acting_as(li):
        assert list(Doubt.objects.order_by("id").values()) == before
        assert len(before) == 2
        assert DepartmentList.objects.count() == 1


def test_what_was_found_untrue_is_not_asked_again_by_the_next_list_unless_it_says_something_else(li: User) -> None:
    first = bring(li, of(1, "甲", 死亡日期="2026-05-01"), of(2, "乙", 死亡日期="2026-05-02"))
    with acting_as(li):
        every = [one.pk for one in Doubt.objects.all()]
        assert actions.decide(actor=li, list_id=first.pk, ids=every, verb="refute", reason="入户见到本人") == 2
    later = dt.date(2026, 7, 31)
    second = bring(li, of(1, "甲", 死亡日期="2026-05-01"), of(2, "乙", 死亡日期="2026-07-09"), day=later)
    assert heaps(li, second) == {"open": 1, "refuted": 1}
    (kept,) = shown(li, second, "refuted")
    assert (kept.full_name, kept.reason, kept.decided_by) == ("甲", "入户见到本人", "李文静")


def test_a_contradiction_closes_when_the_ledger_says_so_too_and_stays_in_history(li: User) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    found = bring(li, of(1, "甲"), of(3, "丙"))
    with acting_as(lan):
        assert [(one.name, one.reasons) for one in todays.today(lan)] == [("甲", ("contradicted", "never"))]
        who = get(lan, Worker.objects.get(full_name="甲").pk)
        paper = hand_in_standing(actor=lan, person=who, status="31", since=timezone.localdate(), reason="家里人说的")
        assert todays.today(lan) == []  # handed in: waits for review
    (waiting,) = [one for one in shown(li, found) if one.full_name == "甲"]
    assert waiting.waits
    for reviewer in (wei, li):
        assert heaps(li, found) == {"open": 2}
        with acting_as(reviewer):
            review.approve(actor=reviewer, batch=paper.batch, ids=[paper.pk])
    assert heaps(li, found) == {"open": 1, "mended": 1}
    (mended,) = shown(li, found, "mended")
    assert (mended.full_name, mended.held) == ("甲", {"pool_status": "10"})
    with acting_as(lan):
        assert todays.today(lan) == []


def test_today_says_why_and_asks_the_lists_question_first(li: User) -> None:
    lan = cast.collector_lan()
    bring(li, of(2, "乙", 单位名称="某公司"), kind="insured", name="参保.xlsx")
    with acting_as(lan):
        (line,) = todays.today(lan)
    assert line.name == "乙"
    assert line.sayings == (
        "2026年6月30日的单位参保人员名单（社会保险经办机构）写着由单位参加社会保险，和台账不一样", "从来没有核实过",
    )  # fmt: skip
    assert line.questions[0] == "现在是不是在名单上的单位上班？从什么时候起，还在不在那里？"
    assert len(line.questions) > 1


def test_who_was_verified_since_leaves_today_and_the_office_sees_it(li: User) -> None:
    lan = cast.collector_lan()
    found = bring(li, of(1, "甲"))
    with acting_as(li):
        seen = {"verify_state": "1", "collect_method": "1", "survey_date": timezone.localdate()}
        enter(li, person(1, full_name="甲", **seen), on=timezone.localdate())
    with acting_as(lan):
        assert todays.today(lan) == []
    (line,) = shown(li, found)
    assert (line.verified_on, line.method) == (timezone.localdate(), "1")


def test_a_collector_who_asked_says_what_came_of_it_and_the_office_decides(li: User) -> None:
    lan, mo = cast.collector_lan(), cast.township_mo()
    found = bring(li, of(1, "甲"), of(3, "丙"))
    with acting_as(lan):
        worker = Worker.objects.get(full_name="甲").pk
        for code, text in {"no_answer": " ", "number_in_reason": f"是{STRANGER}"}.items():
            with pytest.raises(DomainError, match=code):
                doubts.answer(actor=lan, worker_id=worker, text=text)
        assert doubts.answer(actor=lan, worker_id=worker, text="本人接的电话") == 1
        assert todays.today(lan) == []
        with pytest.raises(DomainError, match="nothing_to_answer"):
            doubts.answer(actor=lan, worker_id=worker, text="再说一次")
    with acting_as(mo), pytest.raises(NotFound):
        doubts.answer(actor=mo, worker_id=worker, text="本人接的电话")
    assert heaps(li, found) == {"open": 1, "answered": 1}  # for the office to decide
    (line,) = shown(li, found, "answered")
    assert (line.answer, line.answered_by) == ("本人接的电话", "杨兰")
    address = f"/comparison/{found.pk}/?show=answered"
    with acting_as(li):
        assert [(one.count, one.url) for one in waiting.tasks(li) if "名单" in one.what] == [(1, address)]
        assert actions.decide(actor=li, list_id=found.pk, ids=[line.id], verb="again") == 1
    with acting_as(lan):
        assert [one.name for one in todays.today(lan)] == ["甲"]
        doubts.answer(actor=lan, worker_id=worker, text="见到本人了")
    with acting_as(li):
        actions.decide(actor=li, list_id=found.pk, ids=[line.id], verb="refute", reason="同意")
        assert queries.answered(li) == []
    assert heaps(li, found) == {"open": 1, "refuted": 1}


def test_refuting_needs_a_reason_without_numbers_and_takes_the_person_off_today(li: User) -> None:
    lan = cast.collector_lan()
    june, july = bring(li, of(1, "甲")), bring(li, of(1, "甲"), day=dt.date(2026, 7, 31))
    with acting_as(li):
        doubt = Doubt.objects.get(source=june.pk)

    def refute(**values: Any) -> int:
        asked: dict[str, Any] = {"actor": li, "list_id": june.pk, "ids": [doubt.pk], "verb": "refute", "reason": "同名"}
        return actions.decide(**{**asked, **values})

    with acting_as(li):
        for code, values in {
            "no_reason": {"reason": " "}, "nobody_selected": {"ids": []}, "unknown_verb": {"verb": "delete"},
            "number_in_reason": {"reason": f"不是{STRANGER}"}, "too_many": {"ids": [doubt.pk] * 201},
        }.items():  # fmt: skip
            with pytest.raises(DomainError, match=code):
                refute(**values)
        assert refute() == 1
        with pytest.raises(DomainError, match="nothing_to_decide"):
            refute()
    assert (heaps(li, june), heaps(li, july)) == ({"refuted": 1}, {"refuted": 1})  # of the same kind: both
    with acting_as(lan):
        assert todays.today(lan) == []
    entry = AuditEntry.objects.filter(action="doubt.decided").latest("seq")
    assert (entry.actor, entry.subject, entry.detail["people"]) == (li.pk, str(june.pk), 1)
    with acting_as(li):
        assert refute(verb="reopen", reason="") == 1
    assert heaps(li, june) == {"open": 1}


def test_a_list_brought_by_mistake_is_taken_back_and_asks_again_only_when_brought_again(li: User) -> None:
    lan = cast.collector_lan()
    data = csv("身份证号,姓名", f"{number(sequence=1)},甲", f"{number(sequence=2)},乙", f"{number(sequence=3)},丙丙")
    found = bring(li, data=data)
    with acting_as(li):
        actions.decide(actor=li, list_id=found.pk, ids=[doubt_of("乙").pk], verb="refute", reason="见到本人")
        with pytest.raises(DomainError, match="no_reason"):
            actions.withdraw(actor=li, list_id=found.pk, reason=" ")
        assert actions.withdraw(actor=li, list_id=found.pk, reason="种类选错了") == 2
        with pytest.raises(DomainError, match="wrong_state"):
            actions.withdraw(actor=li, list_id=found.pk, reason="种类选错了")
    assert heaps(li, found) == {"refuted": 1}
    with acting_as(lan):
        assert todays.today(lan) == []
    assert bring(li, data=data).pk == found.pk
    assert heaps(li, found) == {"open": 1, "refuted": 1, "names": 1}
    with acting_as(lan):
        assert [one.name for one in todays.today(lan)] == ["甲"]


def test_another_name_is_asked_about_before_anybody_is(li: User) -> None:
    lan = cast.collector_lan()
    found = bring(li, of(1, "甲甲"), of(2, "假"), of(4, "丁丁"))
    assert counts(found) == {"rows": 3, "listed": 3, "known": 3, "names": 3}
    assert heaps(li, found) == {"names": 3}
    with acting_as(lan):
        assert todays.today(lan) == []
    with acting_as(li):
        same = [doubt_of("甲").pk, doubt_of("丁").pk]
        assert actions.decide(actor=li, list_id=found.pk, ids=same, verb="same") == 2
        assert actions.decide(actor=li, list_id=found.pk, ids=[doubt_of("乙").pk], verb="other") == 1
    assert doubt_of("丁").state == DoubtState.SAME  # has died in the ledger too
    assert doubt_of("乙").name == ""  # a stranger's
    assert heaps(li, found) == {"open": 1, "names": 2}
    with acting_as(lan):
        assert [one.name for one in todays.today(lan)] == ["甲"]


def test_names_differ_by_letters_not_by_spaces_or_dots(li: User) -> None:
    with acting_as(li):
        enter(li, person(6, full_name="阿卜杜拉·买买提"), on=BEFORE)
    found = bring(li, of(6, "阿卜杜拉•买 买提"))
    assert "names" not in counts(found)


def test_damaged_numbers_are_given_back_and_the_others_matched(li: User) -> None:
    found = bring(li, row("5.3E+17", "甲"), of(2, "乙"), row("", "丙"))
    assert counts(found) == {"rows": 3, "listed": 1, "known": 1, "unread": 2}
    told = queries.unread(found)
    assert [one["row_no"] for one in told] == [2, 4]
    assert "科学计数" in told[0]["message"]
    assert vault.VAULT.get(found.pk, vault.UNREAD)[:2] == b"PK"
    late = timezone.now() + vault.KEPT + dt.timedelta(hours=1)
    assert vault.sweep(timezone.now()) == 0
    assert vault.sweep(late) == 1
    assert queries.unread(found) == []


def test_a_list_the_worker_cannot_read_says_so(li: User) -> None:
    found = bring(li, of(1, "甲"))
    vault.VAULT.put(found.pk, vault.FILE, csv("姓名,村", "甲,天台"))
    with acting_as(li):
        DepartmentList.objects.filter(pk=found.pk).update(state=ListState.MATCHING)
        found = actions.match_list(found.pk, lambda *_: None)
    assert found.state == ListState.REFUSED
    assert "身份证号码" in found.message
    assert not vault.VAULT.has(found.pk, vault.FILE)


def test_a_doubt_goes_with_a_person_who_moves(li: User) -> None:
    bring(li, of(1, "甲"))
    with acting_as(li):
        Worker.objects.filter(full_name="甲").update(division=XINQIAO)
        assert actions.follow() == 1
        assert doubt_of("甲").division == XINQIAO
        assert actions.follow() == 0


def queries_for(li: User, size: int) -> tuple[int, dict[str, int]]:
    sheet = grid(
        ["身份证号", "姓名"],
        *([number(f"19{n // 900 + 50}{n % 12 + 1:02d}{n % 28 + 1:02d}", n % 900 + 1), "某"] for n in range(size)),
    )
    layout = reading.recognise(sheet, DEATH, queries.doubts.departments())
    people = reading.read(sheet, layout, DEATH)
    with acting_as(li), CaptureQueriesContext(connection) as caught:
        found = DepartmentList.objects.create(
            division="532323", kind="death", day=DAY, name="x", size=1, digest=str(size), by=li
        )
        told = matching.match(found, people, DEATH)
    return len(caught), told


def test_20_000_rows_take_as_many_statements_as_20(li: User) -> None:
    few, _ = queries_for(li, 20)
    many, told = queries_for(li, 20_000)
    assert many == few
    assert told["rows"] == 20_000
