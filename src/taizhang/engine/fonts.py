"""The Chinese fonts that papers and charts are set in."""

from __future__ import annotations

# In order of preference; the first one the server has is used, by vl-convert and by Typst alike.
SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "SimHei")
SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "FangSong", "SimSun")
CHART = ", ".join(SANS)
