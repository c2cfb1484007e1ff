"""Every scenario of the general regulations and of the packs is played, once as told and once otherwise."""

import pytest
from pack_values import all_packs

from guibin.conformance.playing import play
from guibin.conformance.scenarios import OTHERWISE, THEN, all_scenarios

SCENARIOS = [
    pytest.param(scenario, branch, id=f"{whose}/{scenario.file}/{scenario.name}/{branch}")
    for whose, scenario in all_scenarios(all_packs())
    for branch in (THEN, OTHERWISE)
]


@pytest.mark.parametrize(("scenario", "branch"), SCENARIOS)
async def test_a_scenario(scenario, branch, theatre):
    await play(scenario, branch, theatre)
