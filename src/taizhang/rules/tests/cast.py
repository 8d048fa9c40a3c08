"""The vocabulary every test of this room speaks: a slice of the real catalogue, small enough to know by heart."""

from datetime import date
from decimal import Decimal

from taizhang.rules import Item, Type, Vocabulary, parse

SKILLS = {"0": "无", "1": "初级工", "2": "中级工", "3": "高级工", "4": "技师", "5": "高级技师"}
FORMS = {"10": "单位就业", "20": "自主创业", "30": "灵活就业", "40": "公益性岗位"}
SOURCES = {"1": "务工收入", "2": "经营收入", "3": "务农收入", "4": "财产转移收入", "5": "无"}
PLAIN = (
    Item("full_name", ("姓名", "名字"), Type.TEXT),
    Item("id_number", ("身份证号", "公民身份号码"), Type.TEXT),
    Item("birth_date", ("出生日期",), Type.DATE),
    Item("out_date", ("外出时间",), Type.DATE),
    Item("is_working", ("是否务工",), Type.BOOL),
    Item("wants_work", ("有求职意愿",), Type.BOOL),
    Item("annual_work_income", ("年度务工收入",), Type.NUMBER),
    Item("work_months", ("年度累计务工时间",), Type.NUMBER),
    Item("flexible_days", ("灵活就业天数",), Type.NUMBER),
    Item("work_region", ("务工地点",), Type.REGION),
    Item("hukou_region", ("户籍地",), Type.REGION),
    Item("employment_form", ("就业形式",), Type.CODE, FORMS),
    Item("skill_level", ("技能等级",), Type.CODE, SKILLS),
    Item("wanted_skill", ("拟考等级",), Type.CODE, SKILLS),
    Item("labour_ability", ("劳动能力",), Type.CODE,
         {"1": "普通劳动力", "2": "技能劳动力", "3": "弱劳动力", "4": "丧失劳动力", "5": "无劳动力"}),
    Item("pension_status", ("养老待遇",), Type.CODE,
         {"0": "未享受", "1": "城乡居民养老待遇", "2": "职工养老待遇", "9": "待核"}),
    Item("main_income_source", ("主要收入来源",), Type.CODE, SOURCES),
    Item("sex", ("性别",), Type.CODE, {"0": "未知的性别", "1": "男", "2": "女", "9": "未说明的性别"}),
    Item("industry", ("所属行业", "行业"), Type.CODE),
    Item("return_industry", ("返乡前所属行业", "行业"), Type.CODE),
    Item("services", ("享受服务",), Type.CODES, {"1": "政策咨询", "2": "职业指导", "3": "职业介绍", "4": "技能培训"}),
    Item("work_month_set", ("具体务工时间",), Type.MONTHS),
)  # fmt: skip
LABELS = {
    "skill_level": {"技师或高级技师": ("4", "5"), "普工": ("0",)},
    "services": {"指导或介绍": ("2", "3")},
    "employment_form": {"公益岗": ("40",)},
}
PARAMETERS = {
    "县内月数": Decimal(6), "县外月数": Decimal(3), "县内收入": Decimal(6000), "县外收入": Decimal(9000),
    "县": "433126", "起月": date(2019, 12, 1), "止月": date(2020, 11, 1), "重点姓": "王", "严格": True,
}  # fmt: skip
BASE = Vocabulary(PLAIN, LABELS, PARAMETERS)
STATUS = {"1": "外出务工", "2": "就近就业", "3": "未就业"}
AWAY = "scope(务工地点, 户籍地) in ('市内县外', '省内市外', '省外', '境外')"
SCOPES = {"1": "乡内", "2": "县内乡外", "3": "市内县外", "4": "省内市外", "5": "省外", "6": "境外"}
DERIVED = (
    Item("is_transferred", ("转移就业",), Type.BOOL, None, parse("主要收入来源 in ('务工收入', '经营收入')", BASE)),
    Item("employment_status", ("就失业状况",), Type.CODE, STATUS,
         parse(f"case when not 是否务工 then '未就业' when {AWAY} then '外出务工' else '就近就业' end", BASE)),
    Item("work_scope", ("就业区域",), Type.CODE, SCOPES, parse("scope(务工地点, 户籍地)", BASE)),
    Item("industry_tier", ("所属产业",), Type.CODE, {"1": "第一产业", "2": "第二产业", "3": "第三产业"},
         parse("tier(industry)", BASE)),
    Item("monthly_income", ("月均收入",), Type.NUMBER, None, parse("年度务工收入 / 年度累计务工时间", BASE)),
)  # fmt: skip
VOCABULARY = Vocabulary((*PLAIN, *DERIVED), LABELS, PARAMETERS)
AS_OF = {
    "基准日": date(2020, 12, 31),
    "期初": date(2019, 12, 1),
    "期末": date(2020, 11, 30),
    "年初": date(2020, 1, 1),
    "月初": date(2020, 12, 1),
}
