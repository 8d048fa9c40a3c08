"""The ledger's enums. Stored values never change; labels are what people read."""

from django.db.models import TextChoices


class Source(TextChoices):
    WORKBOOK = "workbook", "表格导入"
    WEB = "web", "网页填报"
    PHONE = "phone", "手机采集"
    DEMO = "demo", "演示数据"
    UNDO = "undo", "撤销批次"
    SYSTEM = "system", "系统"


class Mode(TextChoices):
    """What a new value means: `auto` follows the rule of the door, the others turn the whole batch round."""

    AUTO = "auto", "按规则判断"
    CHANGE = "change", "情况有变"
    CORRECTION = "correction", "原来填错"


class BatchState(TextChoices):
    OPEN = "open", "待入账"
    APPLIED = "applied", "已入账"
    UNDONE = "undone", "已撤销"


class State(TextChoices):
    """Where a submission stands; who may move it from where to where is `review.policies`."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "已提交"
    TOWNSHIP_APPROVED = "township_approved", "乡镇已审"
    COUNTY_ACCEPTED = "county_accepted", "县已核"
    TEAM_CONFIRMED = "team_confirmed", "专班已确认"
    ENTERED = "entered", "已入账"
    RETURNED = "returned", "已退回"
    WITHDRAWN = "withdrawn", "已作废"
    SUPERSEDED = "superseded", "已被替换"


# A submission in one of these never reaches the ledger (again).
CLOSED = frozenset({State.ENTERED, State.RETURNED, State.WITHDRAWN, State.SUPERSEDED})
# Handed in, and somebody still has to decide.
UNDECIDED = sorted(state.value for state in set(State) - CLOSED - {State.DRAFT})


class Outcome(TextChoices):
    """What the comparison with the ledger found."""

    NEW = "new", "新增"
    UPDATE = "update", "更新"
    SAME = "same", "无变化"
    DUPLICATE = "duplicate", "文件内重复"
    CONFLICT = "conflict", "与台账冲突"
    ERROR = "error", "错误"
    FOREIGN = "foreign", "属于其他区划"


# Rows the door takes.
ACCEPTED = frozenset({Outcome.NEW, Outcome.UPDATE, Outcome.SAME})


class ChangeKind(TextChoices):
    NEW = "new", "新增"
    UPDATE = "update", "更新"
    UNDO = "undo", "撤销"


class Direction(TextChoices):
    IN = "in", "增"
    OUT = "out", "减"


class Precision(TextChoices):
    """How exactly a date is known."""

    YEAR = "Y", "年"
    MONTH = "M", "月"
    DAY = "D", "日"


# CL-STATUS from here on: out for good (迁出, 死亡 ...), no more collected nor counted; below it somebody is there or comes back.
GONE = "30"

# Reasons of movements beside CL-ADD (in) and CL-STATUS (out).
REASON_OUT_OF_SCOPE = "99"  # 不再符合范围
REASON_UNDO = "98"  # 撤销批次
OTHER_REASONS = {REASON_OUT_OF_SCOPE: "不再符合范围", REASON_UNDO: "撤销批次"}
