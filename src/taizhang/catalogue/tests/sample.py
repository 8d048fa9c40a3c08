"""A small programme of our own, so that tests of reading and checking do not hang on a notice's form."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa

from taizhang.catalogue import Catalogue, Context, load

PROGRAMME = """\
id: sample
name: 样例方案
short_name: 样例
source: 测试
review: {entry: after, steps: [{state: township_approved, by: township}]}
parameters:
  县外收入: {value: 9000, unit: 元}
scope: {rule: "age(出生日期, :基准日) >= 16"}
labels:
  out_channel: {有组织: ["1", "4"]}
derived:
  qualifies: {name: 达标, value: "年度务工收入 >= :县外收入"}
"""

FORM = """\
id: sample
version: "1"
title: 样例表
sections:
  - title: 基本信息
    clause: 规则1
    items:
      - {item: full_name, label: 姓名, required: true}
      - {item: id_number, label: 身份证号, required: true}
      - {item: sex, label: 性别}
      - {item: birth_date, label: 出生日期}
      - item: hukou_region
        label: 户籍地
        parts:
          - {level: county, label: 县}
          - {level: town, label: 乡镇}
          - {level: village, label: 村}
      - {item: mobile_phone, label: 电话}
      - {item: ethnicity, label: 民族}
      - {item: education, label: 学历,
         options: {文盲: "91", 小学: "80", 初中: "70", 高中: ["60", "44"], 大专及以上: ["30", "20", "14", "11"]}}
      - {item: disability_type, label: 残疾类别}
      - {item: disability_level, label: 残疾等级}
      - {item: home_address, label: 住址}
      - {item: graduation_date, label: 毕业时间}
      - {item: is_working, label: 是否务工, required: true}
      - {item: work_months, label: 务工月数}
      - {item: flexible_days, label: 天数}
      - {item: annual_work_income, label: 年收入, unit: 元}
      - {item: work_month_set, label: 务工月份}
      - {item: organised_export, label: 有组织输出}
      - {item: service_type, label: 服务项目, allowed: [{rule: "size(服务项目名) <= 3", message: 最多三项}]}
  - title: 已外出
    shown: 是否务工 = '是'
    clause: 规则2（R099-02）
    message: 没有务工的不填这一块，请清空
    items:
      - {item: work_region, label: 务工地点, required: true}
      - {item: start_date, label: 就业时间}
      - {item: labour_contract, label: 劳动合同}
      - {item: monthly_wage, label: 月工资, forbid: warning}
      - {item: employment_form, label: 就业形式, required: "年度务工收入 > 0"}
      - {item: employment_form_other, label: 其他形式, shown: "就业形式 = '其他就业形式'", required: true}
rules:
  - id: S-01
    items: [annual_work_income, work_months]
    severity: warning
    rule: 年度务工收入 <= 年度累计务工时间 * 20000
    message: 年收入 {年度务工收入} 元、{work_months} 个月，请核对
    clause: 规则3
""".replace("服务项目名", "本年度享受就业服务项目")


def write(root: Path, *, programme: str = PROGRAMME, form: str = FORM, name: str = "sample") -> Path:
    """A programmes folder with one programme."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "programme.yaml").write_text(programme, encoding="utf-8")
    (folder / "form.yaml").write_text(form, encoding="utf-8")
    return root


def sample(root: Path) -> Catalogue:
    catalogue = load(write(root))
    assert not catalogue.problems, str(next(iter(catalogue.problems.values()), ""))
    return catalogue


def table(**columns: str | list[str | None] | None) -> pa.Table:
    """Rows of strings; a single value is a column of one row. `hukou_region__town` stands for hukou_region.town."""
    return pa.table({
        name.replace("__", "."): pa.array(value if isinstance(value, list) else [value], pa.string())
        for name, value in columns.items()
    })  # fmt: skip


DIVISIONS = pa.table(
    {
        "code": [
            "11",
            "1101",
            "110105",
            "22",
            "2201",
            "220104",
            "33",
            "3303",
            "330381",
            "44",
            "4419",
            "53",
            "5323",
            "532323",
            "532323101",
            "532323101201",
            "532323102",
            "532323102201",
            "65",
            "6501",
        ],
        "name": [
            "北京市",
            "市辖区",
            "朝阳区",
            "吉林省",
            "长春市",
            "朝阳区",
            "浙江省",
            "温州市",
            "瑞安市",
            "广东省",
            "东莞市",
            "云南省",
            "楚雄彝族自治州",
            "牟定县",
            "共和镇",
            "天台村民委员会",
            "新桥镇",
            "天台村民委员会",
            "新疆维吾尔自治区",
            "乌鲁木齐市",
        ],
        "level": pa.array([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 1, 2, 3, 4, 5, 4, 5, 1, 2], pa.int32()),
        "parent": [
            None,
            "11",
            "1101",
            None,
            "22",
            "2201",
            None,
            "33",
            "3303",
            None,
            "44",
            None,
            "53",
            "5323",
            "532323",
            "532323101",
            "532323",
            "532323102",
            None,
            "65",
        ],
        "match_key": [
            "北京市",
            "市辖区",
            "朝阳区",
            "吉林省",
            "长春市",
            "朝阳区",
            "浙江省",
            "温州市",
            "瑞安市",
            "广东省",
            "东莞市",
            "云南省",
            "楚雄彝族自治州",
            "牟定县",
            "共和",
            "天台",
            "新桥",
            "天台",
            "新疆维吾尔自治区",
            "乌鲁木齐市",
        ],
    }
)

CONTEXT = Context(as_of=dt.date(2020, 10, 15), divisions=DIVISIONS, default_region="532323")
