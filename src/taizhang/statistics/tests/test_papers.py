"""PDF: one paper laid out like the annex, its text to be found and copied, its fonts in it."""

import io

import pypdf
import pytest

from taizhang.engine import fonts, typeset
from taizhang.engine.errors import DomainError
from taizhang.statistics import actions
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids():
    return population.load_people()


def paper(table: str, division: str) -> pypdf.PdfReader:
    return pypdf.PdfReader(
        io.BytesIO(actions.render(f"mouding-2017/{table}", division, DAY, "pdf", watermark="李文静"))
    )


def text(reader: pypdf.PdfReader) -> str:
    return " ".join("".join(page.extract_text() for page in reader.pages).split())


def embedded(reader: pypdf.PdfReader) -> list[bool]:
    """For every font of every page whether its outlines are in the file."""
    found = []
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            found.append(any(key in descriptor for key in ("/FontFile2", "/FontFile3")))
    return found


def test_a_table_is_one_landscape_a4_with_heads_numbers_and_signatures(ids):
    reader = paper("C3", COUNTY)
    (page,) = reader.pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (842, 595)
    told = text(reader)
    for words in (
        "附件1", "农村劳动力转移就业情况表", "填报单位（盖章）：云南省楚雄彝族自治州牟定县", "2017年8月20日", "乡镇",
        "按输出方式", "共和镇", "合计", "单位负责人：", "填报日期：", "注1：", "第 1 页，共 1 页", "李文静",
    ):  # fmt: skip
        assert words.replace(" ", "") in told.replace(" ", ""), words
    # the total: 22 in the pool, 14 transferred, 63.6 %, 3,826 yuan
    for number in ("22", "14", "63.6", "3,826"):
        assert number in told.split()


def test_its_fonts_are_in_the_file(ids):
    found = embedded(paper("C3", COUNTY))
    assert found
    assert all(found)


def test_a_register_repeats_its_head_and_masks_numbers(ids):
    told = text(paper("B1", GONGHE)).replace(" ", "")
    assert "已转移就业农村劳动力登记册" in told
    assert "普秀英" in told
    assert "992323********0000" in told
    assert "99232319900101" not in told
    assert "乡镇负责人：" in told
    assert "要完整号码的，按审批另行导出" in told


def test_the_same_question_gives_the_same_paper(ids):
    first, second = (actions.render("mouding-2017/C3", COUNTY, DAY, "pdf") for _ in range(2))
    assert first == second


def test_a_name_is_never_read_as_markup(ids):
    from taizhang.accounts.acting import acting_for
    from taizhang.ledger.facts import Worker

    with acting_for([COUNTY]):
        Worker.objects.filter(pk=ids[0]).update(full_name="#panic()*_$[")
    assert "#panic()*_$[" in text(paper("B1", GONGHE)).replace(" ", "")


def test_without_a_chinese_font_the_print_page_is_named(ids, monkeypatch):
    monkeypatch.setattr(typeset, "font", lambda: None)
    with pytest.raises(DomainError) as refused:
        actions.render("mouding-2017/C3", COUNTY, DAY, "pdf")
    assert refused.value.code == "no_font"
    assert "另存为 PDF" in refused.value.message


def test_the_font_is_the_first_the_server_has():
    assert typeset.font() in (*fonts.SERIF, *fonts.SANS)
    assert typeset.font(("没有这个字体",)) is None
