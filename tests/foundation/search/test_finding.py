"""People find things by their own words; nothing they type breaks anything; a page of results costs a fixed number of statements."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from yiwang.foundation.search.actions import Entered, index, index_many, remove, set_synonyms
from yiwang.foundation.search.models import Document
from yiwang.foundation.search.queries import Results, first_letter, initials, search
from yiwang.foundation.search.stores import store
from yiwang.foundation.search.text import normal
from yiwang.kernel.refusals import Invalid

pytestmark = pytest.mark.django_db

GUIDES = [
    ("food", "食品经营许可核发", "已经办好营业执照。需要布局图、食品安全制度。", "餐饮 开店", "organisation"),
    ("food-lost", "食品经营许可补办", "许可证丢失后申请补发。", "", "organisation"),
    ("health-food", "食品（含保健食品）经营许可延续", "到期前三十天申请。", "", "organisation"),
    ("jobless", "失业登记", "劳动年龄内、有劳动能力的人失业后登记。", "", "person"),
    ("benefit", "失业保险金申领", "先办失业登记，再领失业保险金。", "", "person"),
    ("card", "社会保障卡申领", "带身份证到窗口。", "社保卡", "person"),
    ("truck", "道路货物运输车辆道路运输证办理", "车辆检测合格。", "营运证", ""),
    ("licence", "营业执照遗失补领", "登报声明作废后申请。", "", "organisation"),
]


@pytest.fixture
def guides() -> None:
    index_many(
        Entered("item", key, title, body, words, boost=2 if key == "food" else 0, audience=audience)
        for key, title, body, words, audience in GUIDES
    )
    set_synonyms([("开饭馆", "食品经营许可"), ("丢了", "补办"), ("丢了", "补领")])


def keys(results: Results) -> list[str]:
    return [hit.key for hit in results.hits]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("失业登记", "jobless"),  # the whole title
        ("失业", "jobless"),  # the shorter of two titles that begin with it
        ("保险金", "benefit"),
        ("食品经营许可证", "food"),  # the paper is found by the act that gives it
        ("保健食品", "health-food"),
        ("营运证", "truck"),  # a keyword
        ("食品安全制度", "food"),  # the text
        ("社会保障卡", "card"),
        ("道路运输证", "truck"),
        ("【失业】《登记》", "jobless"),  # punctuation of any tradition
        ("失 业 登 记", "jobless"),
        ("ＳＨＩＹＥ", "jobless"),  # full width, capitals
        ("shiyedengji", "jobless"),  # spelt out
        ("sydj", "jobless"),  # initials
        ("jyxk", "food"),  # initials from a word inside
        ("spjyxk", "food"),
        ("sbk", "card"),  # initials of a keyword
    ],
)
def test_a_query_finds_the_right_thing_first(guides: None, typed: str, first: str) -> None:
    assert (keys(search(typed)) or [""])[0] == first


def test_title_counts_more_than_keywords_and_keywords_more_than_text() -> None:
    index("item", "text", title="甲", body="消毒产品")
    index("item", "words", title="乙", keywords="消毒产品")
    index("item", "title", title="消毒产品备案")
    assert keys(search("消毒产品")) == ["title", "words", "text"]


def test_a_boost_moves_a_thing_up_among_equals() -> None:
    index("item", "a", title="消毒产品备案（甲）")
    index("item", "b", title="消毒产品备案（乙）", boost=5)
    assert keys(search("消毒产品备案")) == ["b", "a"]


def test_a_synonym_is_understood_and_said(guides: None) -> None:
    found = search("我想开饭馆需要什么手续")
    assert keys(found)[0] == "food"
    assert found.understood_as == "食品经营许可"
    assert found.replaced == (("开饭馆", "食品经营许可"),)
    assert not found.alike
    assert search("失业登记").understood_as == ""


def test_synonyms_hold_beside_other_words_and_in_the_order_of_the_query(guides: None) -> None:
    found = search("开饭馆的许可证丢了")
    assert keys(found) == ["food-lost"]
    assert [phrase for phrase, _words in found.replaced] == ["开饭馆", "丢了", "丢了"]


def test_a_synonym_is_found_by_its_sound(guides: None) -> None:
    assert keys(search("kaifanguan"))[0] == "food"


def test_a_latin_synonym_is_not_found_inside_a_word() -> None:
    set_synonyms([("id", "身份证")])
    index("item", "video", title="video 备案")
    index("item", "card", title="居民身份证换领")
    assert search("video").understood_as == ""
    assert search("id").understood_as == "身份证"


def test_a_phrase_gets_new_words_or_is_taken_out(guides: None) -> None:
    set_synonyms([("开饭馆", "失业登记")])
    assert keys(search("开饭馆"))[0] == "jobless"
    assert set(keys(search("丢了"))) == {"food-lost", "licence"}  # other phrases stay
    set_synonyms([("开饭馆", "")])
    assert search("开饭馆").understood_as == ""


def test_a_synonym_that_cannot_be_used_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        set_synonyms([("好的", "食品"), ("……", "食品"), ("长" * 61, "食品")])
    assert [problem.field for problem in caught.value.problems] == ["1", "2"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("食品经营需可", "food"),  # sounds the same
        ("施业登记", "jobless"),
        ("食晶经营许可", "food"),  # looks the same
        ("失业登记证明怎么开", "jobless"),  # one word too many
        ("营业职照", "licence"),
    ],
)
def test_what_is_misspelt_finds_the_likeliest_and_says_so(guides: None, typed: str, first: str) -> None:
    found = search(typed)
    assert keys(found)[0] == first
    assert found.alike


def test_what_resembles_nothing_finds_nothing(guides: None) -> None:
    assert search("火星移民签证") == Results(alike=True)


@pytest.mark.parametrize("typed", ["", "   ", "。，！？", "\x00", "()"])
def test_an_empty_query_finds_nothing(guides: None, typed: str) -> None:
    assert search(typed) == Results()


@pytest.mark.parametrize(
    "typed",
    [
        '"', "'", "食品*", "食品 AND", "NOT 食品", "食品 OR", "NEAR(食品 许可)", "title:食品", "{title} : 食品", "食品^2", "-食品", "食品 & !许可 | (",
        "食品:*", "a' OR 1=1 --", "'; DROP TABLE search_document; --", "%食品_", "\\", "食品\x00许可", "<script>alert(1)</script>", "𠮷野家", "😀食品",
    ],
)  # fmt: skip
def test_nothing_that_is_typed_is_an_operator(guides: None, typed: str) -> None:
    search(typed)
    assert Document.objects.count() == len(GUIDES)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_answered(guides: None, typed: str) -> None:
    search(typed, audience=typed[:10], kinds=(typed[:5],), facets=(typed[:8],))


def test_only_the_beginning_of_a_pasted_text_counts(guides: None) -> None:
    assert keys(search("失业登记" + " " * 200 + "火星" * 5_000)) == ["jobless", "benefit"]
    search("食品" * 5_000)
    search("x" * 10_000)


def test_filters_are_kept_in_the_index(guides: None) -> None:
    index("policy", "p", title="失业保险稳岗政策", facets=["agency:rsj", "year:2026"])
    assert "p" in keys(search("失业"))
    assert "p" not in keys(search("失业", kinds=("item",)))
    assert keys(search("失业", kinds=("policy",))) == ["p"]
    assert keys(search("失业", facets=["agency:rsj"])) == ["p"]
    assert keys(search("失业", facets=["agency:scjg", "agency:rsj", "year:2026"])) == ["p"]
    assert keys(search("失业", facets=["agency:rsj", "year:2025"])) == []
    assert set(keys(search("失业", audience="person"))) == {"jobless", "benefit", "p"}  # p is for everybody
    assert keys(search("失业", audience="organisation")) == ["p"]


def test_the_snippet_shows_the_words_and_escapes_the_rest() -> None:
    index(
        "item",
        "a",
        title="<b>失业</b>登记",
        body="<script>alert('x')</script>" + "很长的说明，" * 40 + "先办失业登记 & 再领钱",
    )
    hit = search("失业登记").hits[0]
    assert hit.marked_title == "&lt;b&gt;<mark>失业</mark>&lt;/b&gt;<mark>登记</mark>"
    assert "<mark>失业登记</mark> &amp; 再领钱" in hit.snippet
    assert "<script" not in hit.snippet
    assert hit.snippet.startswith("…")


def test_marks_stand_at_the_right_place_where_forms_have_other_lengths() -> None:
    index("item", "a", title="㎡以上 ＦＵＬＬ 食品", body="①②③㈱食品许可")
    assert "<mark>食品</mark>" in search("食品").hits[0].marked_title
    assert "<mark>食品</mark>" in search("食品").hits[0].snippet


def test_indexing_again_replaces(guides: None) -> None:
    index("item", "food", title="药品经营许可", body="")
    assert "food" not in keys(search("食品"))
    assert keys(search("药品经营")) == ["food"]
    assert Document.objects.filter(key="food").count() == 1


def test_what_is_removed_is_not_found(guides: None) -> None:
    remove("item", "jobless")
    remove("item", "never-there")
    assert keys(search("失业登记")) == ["benefit"]  # its text speaks of it


def test_the_same_key_of_two_kinds_is_two_things() -> None:
    index("item", "1", title="取水许可")
    index("policy", "1", title="取水政策")
    remove("item", "1")
    assert [(hit.kind, hit.key) for hit in search("取水").hits] == [("policy", "1")]


def test_an_act_that_fails_leaves_nothing_in_the_index(guides: None) -> None:
    def fail() -> None:
        with transaction.atomic():
            index("item", "ghost", title="幽灵登记")
            set_synonyms([("鬼", "幽灵登记")])
            assert keys(search("幽灵登记")) == ["ghost"]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert "ghost" not in keys(search("幽灵登记"))
    assert search("鬼").understood_as == ""


def test_pages_of_results_join_without_a_gap() -> None:
    index_many(Entered("item", f"k{number:03d}", f"取水许可第{number}号") for number in range(230))
    seen: list[str] = []
    for offset in range(0, 240, 30):  # one page lies across the end of the window that is put in order here
        found = search("取水许可", limit=30, offset=offset)
        assert found.total == 230
        seen += keys(found)
    assert len(seen) == len(set(seen)) == 230
    assert search("取水许可", limit=20, offset=5_000).hits == []


def test_a_search_costs_a_fixed_number_of_statements(
    guides: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    search("失业登记")  # synonyms are read once
    with django_assert_num_queries(3):  # the stamp of the synonyms, the best, their texts
        search("失业登记")
    with django_assert_num_queries(3):
        search("开饭馆")
    index_many(Entered("item", f"k{number:03d}", f"取水许可第{number}号") for number in range(230))
    with django_assert_num_queries(4):  # and the count, when there are more than the window
        search("取水许可")
    with django_assert_num_queries(5):  # nothing exact: what sounds so, what is alike
        search("食晶经营许可")
    with django_assert_num_queries(1):
        search("")


def test_indexing_one_thing_costs_two_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        index("item", "a", title="取水许可")
    with django_assert_num_queries(2):
        index_many(Entered("item", f"k{number}", f"取水许可{number}") for number in range(50))


def test_long_words_and_long_texts_are_taken() -> None:
    index("item", "a", title="长" * 1_000, body="x" * 50_000 + " 食品", keywords="词 " * 10_000)
    assert keys(search("x" * 64)) == ["a"]


def test_names_stand_under_their_letter() -> None:
    assert [first_letter(name) for name in ("食品", "重庆小面", "银行开户", "5G 基站", "ABC", "（临时）用地", "…")] == [
        "S", "C", "Y", "#", "A", "L", "#",
    ]  # fmt: skip
    assert initials("区人社局") == "qrsj"
    assert initials("…") == "x"


def test_one_form_for_every_way_of_writing() -> None:
    assert normal("ＡＢＣ　（食品）、「许可」…1２") == "abc 食品 许可 12"


@pytest.mark.django_db(transaction=True)
def test_what_a_flush_leaves_behind_is_swept() -> None:
    with transaction.atomic():
        index("item", "a", title="取水许可")
    Document.objects.all().delete()
    assert _indexed() == 1
    store().sweep()
    assert _indexed() == 0


def _indexed() -> int:
    table = "search_fts" if connection.vendor == "sqlite" else "search_index"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
