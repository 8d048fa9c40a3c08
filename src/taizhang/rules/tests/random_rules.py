"""Random rules as text and random rows, by type, for the test that all engines agree."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from taizhang.rules import Type

from .cast import FORMS, PLAIN, SKILLS

REGIONS = (
    "43", "4331", "433126", "433126101", "433126101201", "433127", "44", "4419", "441900", "441900003", "419001",
    "4190", "500101", "500229", "50", "US", "HKG", "810000", "71", "9", "abc",
)  # fmt: skip
NAMES = ("张三", "张", "李_四", "a%b", "O'Brien", "😀😀", " ", "永久性", "A\nB")
NUMBERS = ("0", "1", "-1", "2.5", "0.000001", "3", "7", "12.345678", "999999999999", "-999999999999", "1000000.5")
DAYS = (
    date(2000, 2, 29),
    date(2019, 2, 28),
    date(2020, 2, 29),
    date(2020, 3, 1),
    date(2020, 12, 31),
    date(1, 1, 1),
    date(9999, 12, 31),
)
INDUSTRIES = ("A", "C13", "05", "A05", "J|P", "F", "99", "43", "x")
SERVICES = ("1", "2", "3", "4")


def months() -> st.SearchStrategy[str]:
    return st.sampled_from([f"{year}-{month:02}-01" for year in (2019, 2020) for month in (1, 2, 11, 12)])


def days() -> st.SearchStrategy[date]:
    near = st.integers(0, 800).map(lambda n: date(2019, 1, 1) + timedelta(n))
    return st.sampled_from(DAYS) | near


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    """Right numbers of nobody (prefix 99), numbers with a wrong check digit, and rubbish."""
    if draw(st.booleans()):
        return draw(st.sampled_from(("11010519491231002X", "11010519491231002x", "990000201902290010", "x" * 18, "99")))
    body = (
        "990000"
        + draw(st.dates(date(1801, 1, 1), date(2098, 1, 1))).strftime("%Y%m%d")
        + f"{draw(st.integers(0, 999)):03}"
    )
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    last = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
    return body + draw(st.sampled_from((last, last, "0")))


def values(kind: Type, name: str) -> st.SearchStrategy[Any]:
    """Values of one item in the shapes of JSON."""
    if kind is Type.NUMBER:
        return st.sampled_from(NUMBERS) | st.decimals(-10000, 10000, places=2).map(str)
    if kind is Type.TEXT:
        return identity_numbers() if name == "id_number" else st.sampled_from((*NAMES, ""))
    if kind is Type.DATE:
        return days().map(date.isoformat)
    if kind is Type.BOOL:
        return st.booleans()
    if kind is Type.REGION:
        return st.sampled_from(REGIONS)
    if kind is Type.CODES:
        return st.lists(st.sampled_from(SERVICES), unique=True).map(sorted)
    if kind is Type.MONTHS:
        return st.lists(months(), unique=True).map(sorted)
    return st.sampled_from(INDUSTRIES if "industry" in name else tuple("012345"))


def rows() -> st.SearchStrategy[dict[str, Any]]:
    """Rows with those of the same people on two other days, on which some were not there."""
    row = st.fixed_dictionaries({item.id: st.none() | values(item.type, item.id) for item in PLAIN})
    return st.builds(lambda now, a, b: {**now, "@年初": a, "@期初": b}, row, st.none() | row, st.none() | row)


def literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def numbers(depth: int) -> st.SearchStrategy[str]:
    plain = st.sampled_from(
        (
            "年度务工收入",
            "年度累计务工时间",
            "flexible_days",
            ":县外收入",
            "月均收入",
            *(n for n in NUMBERS if n[0] != "-"),
        )
    )
    if depth == 0:
        return plain
    inner, dates = numbers(depth - 1), moments(depth - 1)
    return st.one_of(
        plain,
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("(- {})".format, inner),
        st.builds("{}({})".format, st.sampled_from(("abs", "round")), inner),
        st.builds("round({}, {})".format, inner, st.integers(0, 6)),
        st.builds("{}({}, {})".format, st.sampled_from(("least", "greatest", "coalesce")), inner, inner),
        st.builds("{}({}, {})".format, st.sampled_from(("age", "months_between")), dates, dates),
        st.builds("{}({})".format, st.sampled_from(("year", "month_of")), dates),
        st.builds("case when {} then {} else {} end".format, conditions(depth - 1), inner, inner),
        st.builds("months_within(具体务工时间, {}, {})".format, dates, dates),
        st.sampled_from(("tier(industry)", "length(姓名)", "size(享受服务)", "size(具体务工时间)")),
    )


def moments(depth: int) -> st.SearchStrategy[str]:
    plain = st.sampled_from(("出生日期", "外出时间", ":基准日", ":期初", "id_birth(身份证号)", "month('2020-02')"))
    known = days().map("date '{}'".format)
    if depth == 0:
        return plain | known
    inner = moments(depth - 1)
    return st.one_of(
        plain,
        known,
        st.builds("{}({}, {})".format, st.sampled_from(("least", "greatest", "coalesce")), inner, inner),
        st.builds("case when {} then {} end".format, conditions(depth - 1), inner),
    )


def regions() -> st.SearchStrategy[str]:
    plain = st.sampled_from(("务工地点", "户籍地", ":县"))
    cut = st.builds("{}({})".format, st.sampled_from(("province", "city", "county", "town", "village")), plain)
    return plain | cut | st.builds("coalesce({}, '433126')".format, plain)


def leaves() -> st.SearchStrategy[str]:
    """Conditions on texts, codes, lists and regions."""
    skills = st.sampled_from((*SKILLS.values(), *SKILLS, "技师或高级技师"))
    forms = st.sampled_from((*FORMS.values(), "公益岗"))
    equal = st.sampled_from(("=", "!="))
    scopes = st.sampled_from(("乡内", "县内乡外", "市内县外", "省内市外", "省外", "境外"))
    inside = st.sampled_from(("in", "not in"))
    likes = st.sampled_from(("张%", "_", "%''%", "%a\u3000_", "A%", "%%_"))
    names = st.sampled_from([name for name in NAMES if name.strip() and name.isprintable()]).map(literal)
    items = st.sampled_from([item.id for item in PLAIN])
    services = st.sampled_from(("'技能培训'", "'指导或介绍'", "'1'"))
    return st.one_of(
        st.sampled_from(("是否务工", "wants_work", "转移就业", "id_valid(身份证号)", ":严格")),
        st.sampled_from(("是否务工 = '否'", "性别 = id_sex(身份证号)", "就失业状况 = '外出务工'")),
        st.sampled_from(("姓名 = 身份证号", "技能等级 = 拟考等级", "所属产业 != '第三产业'")),
        st.builds("姓名 {} {}".format, equal, names),
        st.builds("姓名 {} '{}'".format, st.sampled_from(("like", "not like")), likes),
        st.builds("技能等级 {} '{}'".format, equal, skills),
        st.builds("技能等级 {} ('{}', '{}')".format, inside, skills, skills),
        st.builds("就业形式 {} '{}'".format, equal, forms),
        st.builds("scope({}, {}) {} '{}'".format, regions(), regions(), equal, scopes),
        st.builds("within({}, {})".format, regions(), regions() | st.sampled_from(("'43'", "'433100'", "'441900'"))),
        st.builds("{} {} {}".format, regions(), equal, regions()),
        st.builds("contains(享受服务, {})".format, services),
        st.builds("contains_any(享受服务, {}, {})".format, services, services),
        st.builds("contains(具体务工时间, {})".format, moments(0)),
        st.builds("contains_any(具体务工时间, {}, {})".format, moments(0), moments(0)),
        st.builds("{} {}".format, items, st.sampled_from(("is null", "is not null"))),
    )  # fmt: skip


def conditions(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return leaves()
    inner, number, moment = conditions(depth - 1), numbers(depth - 1), moments(depth - 1)
    compare = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
    return st.one_of(
        leaves(),
        st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner),
        st.builds("(not {})".format, inner),
        st.builds("({}) is null".format, inner),
        st.builds("({} {} {})".format, number, compare, number),
        st.builds("({} {} {})".format, moment, compare, moment),
        st.builds("({} between {} and {})".format, number, number, number),
        st.builds("({} not between {} and {})".format, moment, moment, moment),
        st.builds("({} in ({}, {}))".format, number, number, number),
        st.builds("coalesce({}, false)".format, inner),
        st.builds("case when {} then {} else {} end".format, inner, inner, inner),
        st.builds("at(:{}, {})".format, st.sampled_from(("年初", "期初")), conditions(depth - 1).filter(_no_at)),
    )


def _no_at(text: str) -> bool:
    return "at(:" not in text


def rules() -> st.SearchStrategy[str]:
    return conditions(3) | numbers(3) | moments(2) | regions() | st.just("scope(务工地点, 户籍地)")


PARAMS = {"县外收入": Decimal("9000"), "县": "433126", "严格": None}
