"""Names as people write them: 天台村民委员会, 天台村委会, 天台村 and 天台 are one place."""

from __future__ import annotations

import re

_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|"
    "布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺"
)
_SUFFIXES = (
    "村?村民委员会|村?村委会|村委|社区村民委员会|社区村委会|社区居民委员会|社区居委会|社区居委|"
    "居民委员会|居委会|居委|虚拟社区|社区|嘎查|村|"  # villages
    f"街道办事处|办事处|街道|(?:(?:{_PEOPLES})族)*(?:民族)?乡(?:人民政府)?|镇(?:人民政府)?|苏木|"  # towns
    f"特别行政区|(?:壮族|回族|维吾尔)?自治区|(?:(?:{_PEOPLES})族?)*(?:自治州|自治县|自治旗)|"
    "地区|盟|林区|特区|市|县|区|旗|省"  # above
)
# The shortest name before the longest suffix; one sign at least stays.
PATTERN = f"^(.+?)(?:{_SUFFIXES})$"
_COMPILED = re.compile(PATTERN)
_FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F))  # ！ to ～
_HALF_WIDTH = "".join(chr(code) for code in range(0x21, 0x7F))
_NARROW = str.maketrans(_FULL_WIDTH, _HALF_WIDTH)


def normalise_name(name: str) -> str:
    """The part of a division's name that tells it from its neighbours: "天台村民委员会" -> "天台", "共和镇" -> "共和".

    Full-width signs and inner spaces are forgiven. Two neighbours may share a key (天台村, 天台社区): match the full
    name first.
    """
    plain = "".join(name.translate(_NARROW).split())
    return _COMPILED.sub(r"\1", plain)


def match_key_sql(column: str) -> str:
    """The same as DuckDB SQL over a column expression (never input), for a whole batch."""
    half = _HALF_WIDTH.replace("'", "''")
    plain = f"regexp_replace(translate({column}, '{_FULL_WIDTH}', '{half}'), '[\\s\u3000]+', '', 'g')"
    return f"regexp_replace({plain}, '{PATTERN}', '\\1')"
