"""Why a file was not taken, in words that say what to do. One place, so the web page and the command line say the same."""

from __future__ import annotations

from typing import Any

from taizhang.engine.errors import DomainError

WORDS = {
    "empty_file": "这个文件是空的（0 字节）。请重新保存后再传。",
    "not_workbook": "这不是电子表格，是{found}。请上传 .xlsx、.xls、.xlsb、.ods 或 .csv 文件；改文件名后缀没有用，要在 WPS 里另存。",
    "web_page": "这个文件其实是网页（从别的系统导出时常见）。请用 WPS 打开，另存为“Excel 工作簿 .xlsx”再传。",
    "xml_file": "这个文件是 XML 格式。请用 WPS 打开，另存为“Excel 工作簿 .xlsx”再传。",
    "encrypted": "文件设了打开密码。请在 WPS 里点“文件—文档加密”去掉密码，另存后重新上传。",
    "macro": "文件带有宏。请另存为不带宏的“Excel 工作簿 .xlsx”再传，数据不会丢。",
    "bomb": "这个文件解开后大得不正常，没有读。请新建一个工作簿，只把要导入的行粘贴过去再传。",
    "too_many_parts": "这个文件里有 {count} 个部件，不像普通的工作簿，没有读。请另存为新的 .xlsx 再传。",
    "bad_names": "这个文件的内部结构不正常，没有读。请用 WPS 打开，另存为新的 .xlsx 再传。",
    "entities": "这个文件里有不该有的 XML 定义，没有读。请用 WPS 打开，另存为新的 .xlsx 再传。",
    "damaged": "文件坏了或者没有传完整，打不开。请在 WPS 里打开检查，另存后重新上传。",
    "far_cell": "{cell} 处有内容，离表太远。请删去它所在的空白行列（选中、右键删除），另存后再传。",
    "too_many_formulas": "公式或错误单元格超过 {count} 个。请全选、复制，再“选择性粘贴—数值”，另存后再传。",
    "too_large": "文件太大，读不下。请分成几个文件，每个不超过 20 万行，再分别上传。",
    "too_slow": "这个文件 {seconds} 秒还没有读完，不像普通的工作簿。请新建一个工作簿，只把要导入的行粘贴过去再传。",
    "over_limit": "文件有 {size} MB，超过了 {limit} MB 的上限。请分成几个文件，再分别上传。",
    "no_rows": "表里没有一行数据。请从表头下面一行起填写，存盘后再传。",
    "no_header": "没有找到表头。第一行应是“{expected}”等列名；请下载最新模板，把数据粘贴过去。",
    "two_headers": "表头有两行（第 {first}、{second} 行）。请只留一行表头，每列一个名称，删去另一行后再传。",
    "merged_cells": "表里有合并的单元格（{cells}）。请取消合并，把每一格都填上，再传。",
    "wrong_form": "这是“{found}”的模板，您选的是“{wanted}”。请改选表式，或下载“{wanted}”的模板。",
    "old_version": "模板是旧版（{found}），现在用 {wanted} 版。请下载新模板，把填好的行粘贴过去再传。",
    "missing_columns": "缺必填的列：{columns}。请把列补上（表头用模板里的原字），或在“对列”一步指定是哪一列。",
    "same_column": "“{header}”和“{other}”都对到了“{item}”。请在“对列”一步只留一个。",
    "unknown_form": "没有“{form}”这个表式。可用的有：{forms}。",
    "quota": "还有 {count} 个文件没有处理完。请先提交或删去旧的，再传新的。",
}  # fmt: skip


def refuse(code: str, **facts: Any) -> DomainError:
    """The error to raise: code for programs and tests, words for people."""
    return DomainError(code, WORDS[code].format(**facts), **facts)
