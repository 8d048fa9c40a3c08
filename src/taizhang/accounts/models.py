"""Who may sign in, in what role, and over which divisions."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from taizhang.engine.ids import uuid7


class Role(models.TextChoices):
    """Stored values never change; the labels are what people read."""

    COLLECTOR = "collector", "采集员"
    TOWNSHIP = "township", "乡镇审核员"
    COUNTY = "county", "县级经办人"
    CITY = "city", "市级分析员"
    PROVINCE = "province", "省级分析员"
    PARTNER = "partner", "协作部门（只读）"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"


ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """One person's own account; shared accounts do not exist.

    Administrators have no scope and so see nobody (三员分立).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField("账号", max_length=50, unique=True)
    display_name = models.CharField("姓名", max_length=50)
    office = models.CharField("单位", max_length=100, blank=True)
    role = models.CharField("角色", max_length=20, choices=Role.choices, blank=True)  # "": not granted yet
    scopes = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    programme = models.CharField("方案", max_length=40, default="", blank=True)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=True)
    initial_until = models.DateTimeField(null=True)  # an initial password is in force until then
    password_changed_at = models.DateTimeField(null=True)
    preferences = models.JSONField(default=dict, blank=True)  # columns shown, density, 长辈版

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="administrators_have_no_scope",
                condition=~Q(role__in=sorted(ADMINISTRATORS)) | Q(scopes=[]),
            ),
            models.CheckConstraint(name="known_role", condition=Q(role__in=["", *sorted(Role.values)])),
            models.CheckConstraint(name="no_empty_scope", condition=~Q(scopes__contains=[""])),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def sees_people(self) -> bool:
        return bool(self.role) and self.role not in ADMINISTRATORS and bool(self.scopes)

    def covers(self, division: str) -> bool:
        """Whether `division` (a code) lies inside this user's scopes."""
        return any(division.startswith(scope) for scope in self.scopes)
