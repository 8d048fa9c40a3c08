"""People whose names exist nowhere else, one pair per village, in every state in which a page could show them.

In each village somebody stands in the ledger, somebody in a workbook that waits for review, somebody in a workbook that was
checked but not handed in, and somebody was returned. A name found on a page tells from which village it leaked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people
from taizhang.catalogue import duedates
from taizhang.cli.synthetic import generate, workbook
from taizhang.collecting import actions as collecting
from taizhang.collecting import helpingactions, pointactions
from taizhang.comparison import actions as comparison
from taizhang.divisions import actions as divisions
from taizhang.divisions import loading
from taizhang.intake import actions as intake
from taizhang.intake import run
from taizhang.intake.models import Upload
from taizhang.ledger import actions as ledger
from taizhang.ledger import asking, savedviews
from taizhang.ledger.asking import Question
from taizhang.ledger.models import Household, Submission, Worker
from taizhang.ledger.selection import Selection
from taizhang.ledger.states import Source
from taizhang.protection import keys
from taizhang.release import people as exports
from taizhang.review import actions as review
from taizhang.review import periods
from taizhang.review.periodstates import Verb
from taizhang.statistics import certifying, proposing, sealing

TIANTAI, JUNTUN, OTHER, XINQIAO, QINGXU = (
    "532323101201",
    "532323101202",
    "532323101203",
    "532323102201",
    "140121100001",
)
# One sign per village, in that order; they stand in no other name or text.
SIGNS = "龘靐齉爩麤"
STATES = ("ledger", "waiting", "checked", "returned")
MARK = "鱻"
DIGITS = "甲乙丙丁戊己庚"


@dataclass
class World:
    """Objects by the place they belong to. `signs`: village -> the character only its people's names hold."""

    users: dict[str, User] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)
    workers: dict[str, UUID] = field(default_factory=dict)  # village -> person in the ledger
    papers: dict[str, dict[str, UUID]] = field(default_factory=dict)  # village -> state -> submission
    uploads: dict[str, list[tuple[UUID, UUID]]] = field(default_factory=dict)  # username -> (upload, a row of it)
    jobs: dict[str, UUID] = field(default_factory=dict)  # username -> progress
    views: dict[str, int] = field(default_factory=dict)  # username -> saved view
    exports: dict[str, UUID] = field(default_factory=dict)  # username -> list a job has made for them
    seals: dict[str, tuple[str, UUID, UUID]] = field(default_factory=dict)  # county -> period, seal, certificate
    points: dict[str, UUID] = field(default_factory=dict)  # town -> collection point
    rounds: dict[str, UUID] = field(default_factory=dict)  # county -> its open round of verification
    households: dict[str, int] = field(default_factory=dict)  # village -> household of its person in the ledger
    helpers: dict[str, UUID] = field(default_factory=dict)  # county, town -> a helper registered there
    lists: dict[str, UUID] = field(default_factory=dict)  # county -> another department's list, matched
    versions: dict[str, UUID] = field(default_factory=dict)  # county -> a rule of its own that waits for approval


def name_of(sign: str, state: str) -> str:
    """Like 鱻龘甲: one name per village and state."""
    return MARK + sign + DIGITS[STATES.index(state)]


def build(directory: Path) -> World:
    """Fill the database (committed). `directory` takes the workbooks."""
    people.load_divisions()
    divisions.load_county("140121")
    world = World(
        users={user.username: user for user in [make() for make in people.EVERYBODY] + [people.county_zhao()]}
    )
    world.signs = dict(zip((TIANTAI, JUNTUN, OTHER, XINQIAO, QINGXU), SIGNS, strict=True))
    world.users["qingxu"] = people._user("qingxu", "阎晋", Role.COUNTY, ("140121",), "清徐县人社局", "shanxi-2022")
    for name, like in (("wei2", "wei"), ("mo2", "mo"), ("qingxu2", "qingxu")):  # four eyes
        other = world.users[like]
        world.users[name] = people._user(
            name, f"{other.display_name}同事", other.role, tuple(other.scopes), other.office, other.programme
        )
    for county, programme, desks in (
        (
            "532323",
            "mouding-2017",
            {"lan": (TIANTAI, JUNTUN), "wei": (OTHER,), "mo": (XINQIAO,), "li": (TIANTAI, XINQIAO)},
        ),
        ("140121", "shanxi-2022", {"qingxu": (QINGXU,)}),
    ):
        _Story(world, directory, county, programme).tell(desks)
    for officer, villages in (("li", (TIANTAI, XINQIAO)), ("qingxu", (QINGXU,))):
        _set_up_collecting(world, world.users[officer], villages)
        _bring_list(world, directory, world.users[officer])
    world.seals["532323"] = _sealed(world.users["li"])
    world.versions["532323"] = proposing.propose(
        actor=world.users["li"], programme="mouding-2017", indicator="transferred", text="转移就业 and 年龄 >= 18",
        valid_from=dt.date.today(), reason="演示", effect={},
    ).pk  # fmt: skip
    return world


def _set_up_collecting(world: World, officer: User, villages: tuple[str, ...]) -> None:
    with acting_as(officer):
        made = pointactions.add(
            actor=officer, county=officer.scopes[0], wanted=[(f"第{code[-3:]}采集点", [code]) for code in villages]
        )
        programme = catalogue.load().programmes[officer.programme]
        opened = collecting.open_round(programme, officer.scopes[0], dt.date.today(), actor=officer)
        for village in villages:
            worker = Worker.objects.get(pk=world.workers[village])
            Worker.objects.filter(pk=worker.pk).update(household_no="1")
            world.households[village] = Household.objects.create(
                division=village, household_no="1", batch_id=worker.batch_id, from_date=dt.date.today()
            ).pk
        for division in (officer.scopes[0], *(village[:9] for village in villages)):
            world.helpers[division] = helpingactions.register(
                actor=officer, division=division, name="联系人", post="驻村工作队", phone="0878-5211234"
            ).pk
    world.rounds[officer.scopes[0]] = opened.pk
    world.points |= {one.division: one.pk for one in made}


def _bring_list(world: World, directory: Path, officer: User) -> None:
    """The police say that everybody whom the ledger knows has died; of the first under another name."""
    with acting_as(officer):
        people = list(Worker.objects.order_by("division").values_list("full_name", "id_sealed", "id_token"))
        contexts = [bytes(token) for *_, token in people]
        numbers = keys.unseal_many("id_number", [bytes(sealed) for _, sealed, _ in people], contexts)
        rows = [f"{number},{name}" for (name, *_), number in zip(people, numbers, strict=True)]
        path = directory / f"{officer.username}-死亡.csv"
        path.write_text("\n".join(["身份证号,姓名", f"{rows[0]}改", *rows[1:], "5.3E+17,坏了的"]), encoding="utf-8")
        found = comparison.bring(actor=officer, kind="death", path=path, name=path.name, day=dt.date.today())
        comparison.match_list(found.pk, lambda *_: None)
    world.lists[officer.scopes[0]] = found.pk


def _sealed(li: User) -> tuple[str, UUID, UUID]:
    """The period before the current one of 牟定, sealed and certified."""
    period = duedates.recent(catalogue.load().programmes["mouding-2017"], dt.date.today(), 2)[1]
    asked = {"actor": li, "programme": "mouding-2017", "period": period.id}
    with acting_as(li):
        for unit in (*periods.towns_with_people("532323", period.cut_off), "532323"):
            for verb in (Verb.CHECK, Verb.REPORT):
                periods.move(**asked, verb=verb, division=unit, reason="代报")
        seal = sealing.seal(**asked, county="532323")
        made = certifying.certify(actor=li, programme_table="mouding-2017/C3", division="532323", as_of=period.cut_off)
    return period.id, seal.pk, made.pk


class _Story:
    """What happens in one county."""

    def __init__(self, world: World, directory: Path, county: str, programme: str) -> None:
        self.world, self.directory, self.programme, self.county = world, directory, programme, county
        self.loaded, self.units = catalogue.load(), loading.shipped()
        self.today = dt.date.today()
        self.people = generate(county=county, people=3_000, as_of=self.today, divisions=self.units, months=1).initial
        self.used = 0

    def tell(self, desks: dict[str, tuple[str, ...]]) -> None:
        villages = sorted({village for mine in desks.values() for village in mine})
        self._enter(villages)
        for username, mine in desks.items():
            user = self.world.users[username]
            with acting_as(user):
                if username != "li":
                    self._hand_in(user, mine)
                left = self._bring(user, mine, ("checked",))
            self.world.uploads.setdefault(username, []).append((left.pk, self._row_of(user, left)))
            assert left.progress_id is not None
            self.world.jobs[username] = left.progress_id
            self._keep_view(user)
            self._keep_export(user)

    def _rows(self, village: str, states: tuple[str, ...]) -> pa.Table:
        """So many people of the village that nobody has used, named after the states."""
        inside = self.people.filter(pc.equal(self.people["hukou_region"], village))
        chosen = inside.slice(self.used, len(states))
        assert chosen.num_rows == len(states), "generate more people"
        names = [name_of(self.world.signs[village], state) for state in states]
        return chosen.set_column(chosen.column_names.index("full_name"), "full_name", pa.array(names, pa.string()))

    def _table(self, villages: tuple[str, ...] | list[str], states: tuple[str, ...]) -> pa.Table:
        rows = pa.concat_tables([self._rows(village, states) for village in villages])
        self.used += len(states)
        return rows

    def _enter(self, villages: list[str]) -> None:
        county = next(user for user in self.world.users.values() if user.scopes == [self.county])
        rows = self._table(villages, ("ledger",))
        homes = [name for name in rows.column_names if name in self.loaded.items and self.loaded.items[name].table]
        with acting_as(county):
            batch = ledger.open_batch(
                actor=county, source=Source.DEMO, programme=self.programme, division=self.county, collected_on=self.today, initial=True
            )  # fmt: skip
            ledger.stage(batch, rows.select(homes))
            ledger.compare(batch)
            ledger.apply(actor=county, batch=batch)
            self.world.workers |= {one.division: one.pk for one in Worker.objects.all()}

    def _hand_in(self, user: User, villages: tuple[str, ...]) -> None:
        """A submitted workbook; one person of each village is sent back."""
        upload = self._bring(user, villages, ("waiting", "returned"))
        with acting_as(user):
            intake.submit(actor=user, upload_id=upload.pk)
        self.world.uploads.setdefault(user.username, []).append((upload.pk, self._row_of(user, upload)))
        reviewer = self.world.users[{"lan": "wei"}.get(user.username, f"{user.username}2")]
        with acting_as(reviewer):
            for village in villages:
                papers = Submission.objects.filter(batch=upload.batch_id, division=village)
                found = {
                    state: papers.get(full_name=name_of(self.world.signs[village], state))
                    for state in ("waiting", "returned")
                }
                review.send_back(actor=reviewer, batch=upload.batch, ids=[found["returned"].pk], reason="请核对。")
                self.world.papers[village] = {state: paper.pk for state, paper in found.items()}

    def _bring(self, user: User, villages: tuple[str, ...], states: tuple[str, ...]) -> Upload:
        """A workbook of the user's, checked: the job that checks it is queued, then done here."""
        texts = workbook.as_text(
            self._table(villages, states), self.loaded.forms[self.programme], self.loaded, self.units, self.today
        )
        path = self.directory / f"{user.username}{self.used}.xlsx"
        workbook.write(texts, path)
        upload, _ = intake.bring(
            actor=user, programme=self.programme, path=path, name=f"{user.username}.xlsx", inline=True
        )
        upload = intake.start_check(actor=user, upload_id=upload.pk)
        return run.check_upload(upload.pk, lambda *_: None)

    def _row_of(self, user: User, upload: Upload) -> UUID:
        with acting_as(user):
            return Submission.objects.filter(batch=upload.batch_id).order_by("row_no").values_list("pk", flat=True)[0]

    def _keep_view(self, user: User) -> None:
        with acting_as(user):
            savedviews.save(user, "常用", Question(regions=(user.scopes[0],)))
        self.world.views[user.username] = 0

    def _keep_export(self, user: User) -> None:
        with acting_as(user):
            wanted = exports.order(actor=user, chosen=Selection(Question(), None), words=asking.lexicon(user))
            key = exports.keep(wanted)
            exports.carry_out(actor=user, key=key, progress=lambda done, total, message: None)
        self.world.exports[user.username] = key
