"""The cast: fixed people who serve every room's tests. Each call gives the same account, made when first asked for."""

from __future__ import annotations

import functools

from django.contrib.auth.hashers import make_password

from taizhang.accounts.models import Role, User
from taizhang.divisions import actions as divisions

PASSWORD = "Zhuan-yi-2020"  # of everybody in the cast
COUNTIES = ("532323", "433126")


@functools.cache
def _password_hash() -> str:
    return make_password(PASSWORD)  # Argon2 is slow on purpose: once per run


def _user(
    username: str, name: str, role: Role, scopes: tuple[str, ...] = (), office: str = "", programme: str = ""
) -> User:
    user, _ = User.objects.get_or_create(
        username=username,
        defaults={
            "display_name": name,
            "role": role,
            "scopes": list(scopes),
            "office": office,
            "programme": programme,
            "password": _password_hash(),
            "must_change_password": False,
        },
    )
    return user


def collector_lan() -> User:
    """Collects in 天台 and 军屯, two villages of 共和镇."""
    return _user("lan", "杨兰", Role.COLLECTOR, ("532323101201", "532323101202"), "共和镇天台村", "mouding-2017")


def township_wei() -> User:
    """Reviews 共和镇 (Lan's township)."""
    return _user("wei", "魏明", Role.TOWNSHIP, ("532323101",), "共和镇人民政府", "mouding-2017")


def township_mo() -> User:
    """Reviews 新桥镇, the neighbouring township."""
    return _user("mo", "莫华", Role.TOWNSHIP, ("532323102",), "新桥镇人民政府", "mouding-2017")


def county_li() -> User:
    """牟定县."""
    return _user("li", "李文静", Role.COUNTY, ("532323",), "牟定县人力资源和社会保障局", "mouding-2017")


def county_zhao() -> User:
    """牟定县 too: the second pair of eyes."""
    return _user("zhao", "赵刚", Role.COUNTY, ("532323",), "牟定县人力资源和社会保障局", "mouding-2017")


def county_guzhang() -> User:
    """古丈县, another province."""
    return _user("guzhang", "田勇", Role.COUNTY, ("433126",), "古丈县人力资源和社会保障局", "guzhang-2020")


def city_chuxiong() -> User:
    return _user("chuxiong", "普云", Role.CITY, ("5323",), "楚雄州人力资源和社会保障局", "mouding-2017")


def province_yunnan() -> User:
    return _user("yunnan", "段丽", Role.PROVINCE, ("53",), "云南省人力资源和社会保障厅", "mouding-2017")


def partner_zhou() -> User:
    """Another department of 牟定县, read-only."""
    return _user("zhou", "周平", Role.PARTNER, ("532323",), "牟定县乡村振兴局", "mouding-2017")


def system_admin() -> User:
    return _user("xitong", "系统管理员", Role.SYSTEM_ADMIN)


def security_admin() -> User:
    return _user("anquan", "安全管理员", Role.SECURITY_ADMIN)


def audit_admin() -> User:
    return _user("shenji", "审计管理员", Role.AUDIT_ADMIN)


EVERYBODY = (
    collector_lan,
    township_wei,
    township_mo,
    county_li,
    county_guzhang,
    city_chuxiong,
    province_yunnan,
    partner_zhou,
    system_admin,
    security_admin,
    audit_admin,
)


def load_divisions() -> None:
    """The national tree, 牟定县 and 古丈县 with their towns and villages."""
    divisions.load_national()
    for county in COUNTIES:
        divisions.load_county(county)
