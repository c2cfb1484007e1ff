"""Elements of policies are taken out everywhere, told by tests of behaviour, and only by tests that are green with them."""

import io
from time import monotonic

import pytest
from msgspec import structs
from mutating import elements, trying
from mutating.candidates import Candidate, candidates, ranked, worth_of
from mutating.results import Result, Results
from mutating.trying import Tries, Trying

COPY = 'async def test_it(world, client):\n    assert (await client.get("/api/v1/policy")).json()["kpis"]\n'


@pytest.fixture
def of(packs):
    """The mutation of this place of the shop's policy."""
    found = {one.element.place: one for one in elements.missing_elements(packs) if one.whose == "retail"}
    return found.__getitem__


def candidate(test, *words, rules=(), pack="retail", took_s=0.1):
    said = frozenset(words)
    return Candidate(None, test, test.partition("[")[0], said, said, frozenset(rules), pack, took_s)


class Played(Trying):
    """Without pytest: `red` are tests that are red while something is missing, `always` those that are red anyway."""

    def __init__(self, tmp_path, *found, red=(), always=(), before=None):
        tries = Tries((), Results(tmp_path / "results.jsonl"), monotonic() + 60, before or {}, {}, tmp_path / "log")
        super().__init__(tries, io.StringIO())
        self.found, self.worth = list(found), worth_of(found)
        self.red, self.always, self.ran = red, always, []

    def _red(self, each):
        self.ran.append(each.test)
        value = next(iter(trying._EVERY)).value("retail")
        return each.test in self.always or (each.test in self.red and value != self.whole)

    def tried(self, packs, *missing):
        trying._EVERY.add(packs)
        self.whole = packs.value("retail")
        for one in missing:
            self._try(one)
        self._confirm()
        assert packs.value("retail") == self.whole
        return [self.tries.results.known[one.id].verdict for one in missing]


@pytest.fixture(autouse=True)
def none_else(monkeypatch):
    """Of other tests' packs nothing is taken out."""
    monkeypatch.setattr(trying, "_EVERY", type(trying._EVERY)())


def test_who_notices_is_the_first_that_is_red_without_it(packs, of, tmp_path):
    played = Played(tmp_path, candidate("a", "b_to_gold"), candidate("b", "b_to_gold", "kpis"), red=["b"])

    assert played.tried(packs, of("kpis[b_to_gold]")) == ["killed"]

    # Once without the element, once with it to see that it is sound, and once more at the end.
    assert played.ran == ["b", "b", "b"]


def test_a_test_that_is_red_anyway_proves_nothing(packs, of, tmp_path):
    played = Played(tmp_path, candidate("a", "b_to_gold"), always=["a"])

    assert played.tried(packs, of("kpis[b_to_gold]")) == ["survived"]


def test_what_is_in_what_nobody_misses_is_not_tried(packs, of, tmp_path):
    played = Played(tmp_path, candidate("a", "b_to_gold", "filters"))

    assert played.tried(packs, of("kpis[b_to_gold]"), of("kpis[b_to_gold].filters")) == ["survived", "survived"]
    assert played.ran == ["a"]


def test_who_missed_what_it_is_in_comes_first(packs, of, tmp_path):
    found = [candidate("whole", "b_to_gold", "kpis"), candidate("part", "b_to_gold", "filters", "kpis", "S06-5")]
    played = Played(tmp_path, *found, red=["whole"], before={"element retail kpis[b_to_gold]": "whole"})

    played.tried(packs, of("kpis[b_to_gold]"), of("kpis[b_to_gold].filters"))

    assert "part" not in played.ran


def test_without_it_no_service_starts_so_no_test_is_needed(packs, of, tmp_path):
    played = Played(tmp_path)

    assert played.tried(packs, of("service_items[bespoke_line]")) == ["killed"]
    assert played.ran == []
    known = played.tries.results.known["element retail service_items[bespoke_line]"]
    assert known.by == "the start of the service: entitlements.gold.bespoke_line: a service item"


def test_a_rare_word_tells_more_than_a_common_one(of):
    found = [candidate(f"common{n}", "members", "tiers") for n in range(5)]
    found += [candidate("rare", "close_follow_up", pack=""), candidate("elsewhere", "close_follow_up", pack="hotel")]
    found += [candidate("core", "close_follow_up", "retail", pack="")]

    order = [
        each.test
        for each in ranked(of("schemes[members].tiers[b].strategy[close_follow_up]").sought, found, worth_of(found), [])
    ]

    assert (order[0], "rare" in order, "elsewhere" in order) == ("core", False, False)


def test_of_one_test_with_many_figures_a_few_are_enough(of):
    found = [candidate(f"many[{n}]", "b_to_gold", "kpis") for n in range(9)] + [candidate("other", "b_to_gold")]

    order = [each.test for each in ranked(of("kpis[b_to_gold]").sought, found, worth_of(found), [])]

    assert order == ["many[0]", "many[1]", "many[2]", "many[3]", "other"]


def test_of_one_test_with_many_figures_those_that_say_its_name_come_first(of):
    found = [candidate(f"many[{n}]", "strategy", "care", "keep") for n in range(9)]
    found = [structs.replace(each, figures=frozenset({"keep"})) if each.test == "many[8]" else each for each in found]

    order = [
        each.test for each in ranked(of("schemes[members].tiers[d].strategy[keep]").sought, found, worth_of(found), [])
    ]

    assert order == ["many[8]", "many[0]", "many[1]", "many[2]"]


def test_what_only_reads_the_policy_is_no_candidate(pytester_item):
    copies, behaves = pytester_item(COPY), pytester_item(COPY.replace("/policy", "/kpis"))

    assert [each.item for each in candidates([copies, behaves], {})] == [behaves]
    assert candidates([behaves], {behaves.nodeid: {"passed": False, "took_s": 0.1}}) == []


@pytest.fixture
def pytester_item(tmp_path, request):
    """One test that pytest would run, of a file with this text."""

    def made(text):
        file = tmp_path / f"test_{len(list(tmp_path.iterdir()))}.py"
        file.write_text(text)
        module = pytest.Module.from_parent(request.session, path=file)
        return next(iter(module.collect()))

    return made


def test_a_kill_holds_while_policy_and_test_are_the_same(of, tmp_path):
    one = of("kpis[b_to_gold]")
    killed = one.settled(Result(one.id, "killed", by="tests/mutations/test_elements.py::x"))
    results = Results(tmp_path / "results.jsonl")
    results.add(killed)

    assert (one.verdict(results), killed.rules) == ("killed", one.element.rules)
    results.add(one.settled(Result(one.id, "survived")))
    assert one.verdict(results) == "survived"
    results.add(Result(one.id, "killed", by="tests/gone.py::x", of=killed.of))
    assert one.verdict(results) is None


def test_changed_lines_name_what_is_tried_first(of):
    one = of("schemes[members].tiers[gold].strategy[care]")

    assert elements.said_in(one, '+    Tier("gold", …)')
    assert not elements.said_in(one, "+    golden")
    assert elements.concerns(one, ["plugins/retail/guibin_retail/pack.py"])
    assert not elements.concerns(one, ["plugins/hotel/guibin_hotel/pack.py"])


def test_what_stands_by_itself_anyway_is_no_element(packs):
    found = {one.id for one in elements.missing_elements(packs)}

    # As every policy has it but for the clause, and a figure that nobody has to say.
    assert found.isdisjoint({"element core closing", "element cable_tv duties[on_call].take_within.minutes"})
    assert found >= {"element core closing.reasons[died]", "element core reception"}
