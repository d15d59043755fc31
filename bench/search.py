"""How long people wait for search: p50 and p95 over a mix of queries, at 852 and at 100,000 guides.

The bare limit is the store's own full-text engine asked for the same exact words by the bare driver, 20 numbers back, no join,
no order of ours, no snippets. The mix has exact titles, short and common words, synonyms, pinyin, initials, filters, deep pages,
wrong characters and whole sentences.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from bench import Figure, bench, percentile, quick, timed, worked


def words(line: str) -> list[str]:
    return line.split()


WHO = words(
    "企业 个体工商户 公司 学校 医疗机构 社会团体 农民专业合作社 幼儿园 驾驶员 高校毕业生 残疾人 老年人 退役军人 外来务工人员 餐饮单位 物业服务企业"
)
THING = words(
    "食品经营 药品零售 道路货物运输 道路旅客运输 网络预约出租汽车 特种设备使用 排污 取水 林木采伐 临时占用林地 建设工程规划 建筑工程施工 户外广告设置 "
    "烟花爆竹零售 危险化学品经营 公共场所卫生 母婴保健技术服务 放射诊疗 民办学校办学 教师资格 职业技能等级 劳务派遣经营 失业保险金 社会保障卡 养老保险关系 "
    "医疗保险参保 生育津贴 住房公积金 户口迁移 居住证 身份证 护照 婚姻 收养 不动产 抵押权 地名命名 宗教活动场所 文物保护单位 营业性演出 出版物零售 "
    "种子生产经营 动物防疫条件 兽药经营 渔业捕捞 拖拉机驾驶证 农药经营 水土保持方案 占用挖掘道路 城市排水 燃气经营 供热 商品房预售 物业维修资金 人民防空工程"
)
ACT = words("许可 核发 审批 登记 备案 变更 注销 延续 补办 年审 确认 申领 认定 查询 转移接续 换发 初审 验收 设立 延期")
PLACE = words("城东 城西 河口 青山 石桥 柳林 平安 永宁 高新区 开发区 新城 老街")
TEXT = (
    "申请人应当具备法定条件并提交真实有效的材料。窗口收到申请后进行审查，材料齐全的当场受理。办理时限从受理之日起计算，遇法定节假日顺延。"
    "需要现场核查的，工作人员会提前联系。结果可以到窗口领取，也可以邮寄送达。办理过程中可以随时查询进度，对结果有异议的可以申请复议。"
)
SYNONYMS = [
    ("开饭馆", "食品经营许可"), ("开药店", "药品零售许可"), ("跑网约车", "网络预约出租汽车"), ("上户口", "户口迁移"), ("社保卡", "社会保障卡"),
    ("丢了", "补办"), ("砍树", "林木采伐"), ("开幼儿园", "民办学校办学许可"),
]  # fmt: skip
COMMON = words("许可 登记 企业 备案 变更 食品 道路 保险")
SENTENCES = words("我想开饭馆需要什么手续 孩子上户口去哪里 社保卡丢了怎么办 跑网约车要什么条件 在老家砍树要不要审批")
MISSPELT = words("食品经营需可 道路货物运俞 施业保险金 林木采筏 住房公基金 不动产登计")
SOUNDS = words("shipinjingying spjy shiyebaoxian sybxj zhufanggongjijin kaifanguan")


def guides(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Made-up guides (key, title, keywords, text), always the same ones."""
    dice = random.Random(39046)
    for number in range(count):
        who, thing, act, place = (dice.choice(words) for words in (WHO, THING, ACT, PLACE))
        title = f"{dice.choice(('', who, place))}{thing}{act}{dice.choice(('', '', f'（{who}）', f'（{place}）'))}"
        text = "".join(dice.sample([f"{thing}{act}由{place}窗口办理。", f"面向{who}。", *TEXT.split("。")], 6))
        yield f"bench-{number}", title, f"{thing} {who}", text


def queries(count: int, dice: random.Random) -> list[tuple[str, str, dict[str, Any]]]:
    """The mix: (kind, text, options)."""
    mix: list[tuple[str, str, dict[str, Any]]] = []
    for _number in range(count):
        thing, act, who = dice.choice(THING), dice.choice(ACT), dice.choice(WHO)
        mix += [
            ("thing and act", thing + act, {}),
            ("thing and act", f"{who} {thing}", {}),
            ("one common word", dice.choice(COMMON), {}),
            ("one common word, filtered", dice.choice(COMMON), {"kinds": ("item",), "audience": "person"}),
            ("deep page", thing, {"offset": 400}),
            ("sentence, synonyms", dice.choice(SENTENCES), {}),
            ("pinyin, initials", dice.choice(SOUNDS), {}),
            ("wrong character", dice.choice(MISSPELT), {}),
        ]
    return mix


@bench("search")
def run(store: str) -> Iterable[Figure]:
    from django.db import connection, transaction

    from yiwang.foundation.search import actions
    from yiwang.foundation.search.queries import search
    from yiwang.foundation.search.text import query_words

    with transaction.atomic():
        actions.set_synonyms(SYNONYMS)
    sizes = (852, 5_000) if quick() else (852, 100_000)
    rounds = 5 if quick() else 25
    everything = list(guides(sizes[-1]))
    done = 0
    for size in sizes:
        began = time.perf_counter()
        for start in range(done, size, 2_000):
            with transaction.atomic():
                actions.index_many(
                    actions.Entered(
                        "item", key, title, text, keywords, audience=("", "person", "organisation")[len(title) % 3]
                    )
                    for key, title, keywords, text in everything[start : min(start + 2_000, size)]
                )
        yield Figure(f"index, {size:,} guides", "guides/s", (size - done) / (time.perf_counter() - began))
        done = size
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if store == "sqlite" else "VACUUM ANALYZE")
        took: dict[str, list[float]] = {}
        bare: list[float] = []
        for kind, text, options in queries(rounds, random.Random(size)):
            took.setdefault(kind, []).append(timed(partial(search, text, **options)))
            if kind == "thing and act":
                bare.append(timed(partial(bare_search, store, query_words(text))))
        own = [
            worked(partial(search, text, **options)) for _kind, text, options in queries(rounds, random.Random(size))
        ]
        everything_took = [value for values in took.values() for value in values]
        for share, name in ((0.5, "p50"), (0.95, "p95")):
            yield Figure(f"{name}, all queries, {size:,} guides", "ms", percentile(everything_took, share))
        yield Figure(f"p95 CPU, all queries, {size:,} guides", "ms", percentile(own, 0.95), note="of our process")
        for kind, values in took.items():
            limit = percentile(bare, 0.95) if kind == "thing and act" else 0.0
            note = "bare: the engine alone" if limit else f"slowest {max(values):.0f} ms"
            yield Figure(f"p95, {kind}, {size:,} guides", "ms", percentile(values, 0.95), limit, note)


def bare_search(store: str, words: list[str]) -> object:
    """The engine alone, through the bare driver."""
    from django.db import connection

    connection.ensure_connection()
    if store == "sqlite":
        match = " AND ".join(f'"{word}"' for word in words)
        sql = "SELECT rowid FROM search_fts WHERE search_fts MATCH ? ORDER BY rank LIMIT 20"
        return connection.connection.execute(sql, (match,)).fetchall()
    query = " & ".join(f"'{word}'" for word in words)
    sql = "SELECT id FROM search_index WHERE words @@ %s::tsquery ORDER BY ts_rank(heads, %s::tsquery) DESC LIMIT 20"
    return connection.connection.execute(sql, (query, query)).fetchall()
