"""Finding customers as people type their names: every reading, every dot, from within, whoever else there is."""

from itertools import product

import pytest
from caring import customer as new_customer
from pypinyin import Style, lazy_pinyin

from guibin.notation.names import search_keys, search_terms, typed_key
from guibin.notation.surnames import DOUBLE, SINGLE
from guibin.profiles import queries
from guibin_tenants.scope import fetch, fetch_value

TYPED = (
    ("单伟", "shanwei danwei sw dw shan 单 伟 wei 單偉"),
    ("曾丽", "zengli cengli zl 曾 丽 ZengLi zeng_li"),
    ("解晓东", "xiexiaodong jiexiaodong xxd 晓东 xiaodong xd 曉東"),
    ("仇和", "qiuhe chouhe qh"),
    ("查良镛", "zhaliangyong chaliangyong 良镛 liangyong"),
    ("区永红", "ouyonghong quyonghong oyh 區永紅"),
    ("朴明", "piaoming puming pm"),
    ("尉迟恭", "yuchigong weichigong ycg 迟恭"),
    ("万俟雅言", "moqiyayan mqyy 雅言"),
    ("盖叫天", "gejiaotian gaijiaotian"),
    ("乐嘉", "yuejia lejia lj"),
    ("覃辉", "qinhui tanhui"),
    ("长孙无忌", "zhangsunwuji changsunwuji 無忌 长孙"),
    ("单于海", "chanyuhai shanyuhai danyuhai"),
    ("吕布", "lvbu lubu lyubu lübu lb 呂布"),
    ("张　三", "张三 张_三 zhangsan zhang_san zs 張三"),
    ("张\u200b三\u3000", "张三"),
    (
        "买买提·吐尔逊",
        "买买提·吐尔逊 买买提•吐尔逊 买买提.吐尔逊 买买提‧吐尔逊 买买提・吐尔逊 买买提吐尔逊 吐尔逊 tuerxun",
    ),
    ("買買提．吐爾遜", "买买提·吐尔逊 買買提"),
    ("重庆长安公司", "重庆长安 长安公司 长安 changan cags 重慶長安 zhongqing"),
    ("陳大文", "陈大文 陳大文 大文 chendawen"),
    ("陈大文", "陳大文"),
    ("𠮷田㛃", "𠮷 㛃 jitian 田㛃 jie"),
    ("O'Brien-Müller GmbH", "obrien muller Müller o'brien brien gmbh"),
    ("北京ABC科技", "abc 科技 ABC科技 keji bjabc bjakj"),
    ("ＡＢＣ公司", "abc ABC ａｂｃ公司 gs"),
)


@pytest.mark.parametrize(("name", "typed"), TYPED, ids=[name for name, _ in TYPED])
async def test_a_name_is_found_as_people_type_it(client, name, typed):
    await new_customer(client, "other", name="欧阳靖")
    wanted = await new_customer(client, "wanted", name=name)

    words = typed.replace("_", "\u3000").split(" ")
    found = {word: await _found(client, word) for word in words}

    assert found == {word: [wanted] for word in words}


@pytest.mark.parametrize("typed", ["·", "-", "  ", "wangwu", "三丽张", "。"])
async def test_what_nobody_is_called_finds_nobody(client, typed):
    await new_customer(client, "1", name="张三丽")

    assert await _found(client, typed) == []


def test_every_surname_is_found_by_its_own_reading_and_by_the_usual_one():
    missed = []
    for surname, readings in [*SINGLE.items(), *((name, product(*([r] for r in own))) for name, own in DOUBLE.items())]:
        own = ["".join(reading) for reading in readings]
        usual = "".join(sound for one in surname for sound in lazy_pinyin(one, style=Style.NORMAL))
        keys = search_terms(f"{surname}伟").union(search_keys(f"{surname}伟"))
        missed += [
            (surname, reading)
            for reading in [*own, usual]
            if not any(key.startswith(typed_key(f"{reading}wei")) for key in keys)
        ]
        if search_keys(f"{surname}伟")[0] != f"{own[0]}wei":
            missed.append((surname, search_keys(f"{surname}伟")[0]))

    assert len(SINGLE) > 130
    assert len(DOUBLE) > 60
    assert missed == []


def test_the_terms_of_the_longest_names_are_bounded():
    names = ("乐" * 200, "重" * 200, "a b " * 50, "𠮷" * 200, "x" * 200)

    assert [len(search_terms(name)) < 1_000 and max(map(len, search_terms(name))) <= 100 for name in names] == [
        True
    ] * 5


async def test_a_corrected_name_is_found_anew_and_no_longer_as_before(client, tenant):
    customer = await new_customer(client, "1", name="张晓东")
    path = f"/api/v1/customers/{customer}"

    await client.patch(path, json={"name": "张晓冬"})
    await client.patch(path, json={"employer": "重庆长安公司"})

    assert [await _found(client, typed) for typed in ("晓东", "晓冬", "xiaodong")] == [[], [customer], [customer]]


async def test_nothing_of_an_erased_name_is_left(client, tenant):
    customer = await new_customer(client, "1", name="买买提·吐尔逊")
    async with tenant.scope():
        before = await fetch_value("select count(*) from search_term where customer_id = $1", customer)

    await client.delete(f"/api/v1/customers/{customer}")

    async with tenant.scope():
        assert before > 5
        assert await fetch("select term from search_term where customer_id = $1", customer) == []


async def test_the_terms_stand_behind_the_customers_wall(client, tenant):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    customer = await new_customer(client, "1", name="张晓东", org_unit_id=str(east))

    inside, outside = await tenant.client("*", org_unit_id=east), await tenant.client("*", org_unit_id=west)

    assert [await _found(one, "晓东") for one in (inside, outside)] == [[customer], []]


async def test_whoever_moves_is_found_where_they_went_and_no_longer_where_they_were(client, tenant):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    moved, left = [
        await new_customer(client, number, name="张晓东", org_unit_id=str(unit))
        for number, unit in (("1", east), ("2", west))
    ]
    await client.post(f"/api/v1/customers/{moved}/assignment", json={"org_unit_id": str(west)})
    assigned = [await _seen_at(tenant, unit) for unit in (east, west)]

    await client.post(f"/api/v1/org-units/{west}/dissolution", json={"successor_id": str(east), "reason": "合并"})

    assert assigned == [[], sorted([moved, left])]
    assert [await _seen_at(tenant, unit) for unit in (east, west)] == [sorted([moved, left]), []]


@pytest.mark.parametrize("manager", [False, True])
@pytest.mark.parametrize("typed", ["w", "王", "wang", "B", "A1"])
async def test_pages_of_what_most_are_called_are_those_of_what_few_are(client, tenant, monkeypatch, typed, manager):
    east, west = await tenant.unit("east"), await tenant.unit("west")
    looks_after = await tenant.staff("looks_after", "account_manager", unit="east")
    for number, name in enumerate(("王伟", "李王", "张三", "Wei", "吴", "王五", "万俟雅", "赵六")):
        mine = {"account_manager_id": str(looks_after.staff_id)} if number % 4 < 2 else {}
        unit = str(west if number % 4 == 2 else east)
        await new_customer(client, f"{'BA'[number % 2]}{number}", name=name, org_unit_id=unit, **mine)
    outlet = await tenant.client("*", org_unit_id=east)
    only = {"account_manager_id": str(looks_after.staff_id)} if manager else {}

    few = [await _paged(one, typed, only) for one in (client, outlet)]
    monkeypatch.setattr(queries, "MANY", 0)
    many = [await _paged(one, typed, only) for one in (client, outlet)]

    assert many == few
    assert 0 < len(few[1]) < 8


@pytest.mark.parametrize(
    "typed",
    [
        "010-6552 8888",
        "(010)65528888",
        "+86 10 6552 8888",
        "0086-10-65528888",
        "０１０６５５２８８８８",
        "010-65528888转8001",
        "010-65528888-8002",
    ],
)
async def test_a_number_finds_its_owner_however_it_is_typed(client, typed):
    customer = await new_customer(client, "1", confidential={"phone": "010-65528888转8001", "mobile": "13800138000"})
    await new_customer(client, "2", confidential={"phone": "010-65528889"})

    assert await _found(client, typed) == [customer]


async def _seen_at(tenant, unit):
    return sorted(await _found(await tenant.client("*", org_unit_id=unit), "晓东"))


async def _paged(client, typed, only):
    """Two by two, as they come."""
    found, cursor = [], {}
    while cursor is not None:
        answer = await client.get("/api/v1/customers", params={"q": typed, "limit": 2, **only, **cursor})
        found += [one["id"] for one in answer.json()["items"]]
        cursor = {"cursor": answer.json()["next"]} if answer.json()["next"] else None
    return found


async def _found(client, typed):
    answer = await client.post("/api/v1/customers/searches", json={"q": typed})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]
