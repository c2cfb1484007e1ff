"""`guibin keys`: exchanging keys while the service runs."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

import asyncpg
from cyclopts import App

from guibin.evidence import actions as evidence
from guibin.evidence.keys import public_keys
from guibin.jobs.actions import enqueue
from guibin.operation import root_keys as over_all
from guibin.packs import Packs
from guibin.resealing import actions as resealing
from guibin.resealing.actions import Rotation
from guibin.resealing.jobs import SealAgain
from guibin_tenants import keyring, root_keys
from guibin_tenants.database import connected

from . import environment
from .output import Json, answer, answer_table, err

app = App(name="keys", help="Exchange the root key, a company's key and the key that signs its log, while serving.")
rotate = App(name="rotate", help="Make a new key; what was sealed stays readable all the while.")
app.command(rotate)
retire = App(name="retire", help="Take a former key away.")
app.command(retire)
LOOKS_EVERY_S = 1.0


@rotate.command(name="root")
async def rotate_root(*, json: Json = False) -> None:
    """Wrap the keys of all companies by a new root key. Cut short, run it again: it goes on.

    In a file the new key is put first, and every process finds it there; otherwise put it first yourself, where every process reads it.
    """

    def told(done: int, of: int) -> None:
        err.print(f"{done} of {of} companies", style="dim")

    async with _pool() as pool:
        again = await over_all.rotate(pool, _source(), told)
    said = f"{again} keys were wrapped by the new root key. Keep a copy of it, then: guibin keys retire root"
    answer({"wrapped": again}, said, json=json)


@retire.command(name="root")
async def retire_root(*, json: Json = False) -> None:
    """Leave the first root key alone where it stands, once nothing needs another. Backups of before still do: keep it with them."""
    async with _pool() as pool:
        aside = await over_all.retire(pool, _source())
    said = (
        f"The former root keys are in {aside}: keep them with backups of before, elsewhere."
        if aside
        else (f"Nothing needs a former root key of {_source().said} any more, except backups of before.")
    )
    answer({"former": aside}, said, json=json)


@rotate.command(name="tenant")
async def rotate_tenant(slug: str, *, json: Json = False) -> None:
    """Make a new key of the company's and have a worker seal by it what former ones sealed. Cut short, run it again: it goes on."""
    async with environment.inside(slug) as session:
        rotation = await resealing.begin(session.act)
    wait = keyring.SEALS_AFTER.total_seconds()
    err.print(
        f"Version {rotation.version} opens now and seals in {wait:.0f} s, when every process knows it.", style="dim"
    )
    while not rotation.ended:
        rotation = await _looked_after(slug, rotation, session.packs)
    said = f"Version {rotation.version} seals for {slug}; {rotation.sealed} values and keys were sealed by it."
    answer(rotation, said, json=json)


@rotate.command(name="signing")
async def rotate_signing(slug: str, *, json: Json = False) -> None:
    """Sign the company's log by a new key; the checkpoint of the change is signed by the former one, too."""
    async with environment.inside(slug) as session:
        key = await evidence.exchange_key(session.act)
    said = f"{key}\nsigns from now on: tell it to auditors, and to witnesses as a further --log."
    answer({"key": str(key)}, said, json=json)


@app.command
async def show(slug: str, *, json: Json = False) -> None:
    """The versions of the company's key, how far its last rotation is, and the keys of its log."""
    async with environment.inside(slug):
        version = (await keyring.tenant_key()).version
        former = await keyring.wrapped_by_former()
        rotation = await resealing.standing()
        keys = [str(key) for key in await public_keys()]
    found = {"versions": version, "wrapped_by_former_root_key": former, "rotation": rotation, "log": keys}
    rows = [
        ("versions of its key", version),
        ("of them wrapped by a former root key", former),
        ("last rotation", _said(rotation)),
        *(("key of its log", key) for key in keys),
    ]
    answer_table(found, ("what", "how"), rows, json=json)


async def _looked_after(slug: str, before: Rotation, packs: Packs) -> Rotation:
    """How far it is after a moment; the job is there all the while."""
    await asyncio.sleep(LOOKS_EVERY_S)
    async with environment.inside(slug, installed_packs=packs) as session:
        rotation = await resealing.standing()
        assert rotation is not None
        if not rotation.ended and await keyring.newest_seals():
            await enqueue(SealAgain(), now=session.act.now, unique_key="seal-again", while_pending=True)
    if rotation != before:
        err.print(_said(rotation), style="dim")
    return rotation


def _said(rotation: Rotation | None) -> str:
    if rotation is None:
        return "none"
    if rotation.ended:
        return f"version {rotation.version}: done, {rotation.sealed} values and keys sealed anew"
    return f"version {rotation.version}: {rotation.at} of {rotation.columns} columns, {rotation.sealed} values and keys"


def _source() -> root_keys.Source:
    return root_keys.source_of(os.environ, environment.home())


@contextlib.asynccontextmanager
async def _pool() -> AsyncIterator[asyncpg.Pool]:
    environment.load_root_key()
    with environment.urls() as urls:
        async with connected(urls.app, pool_size=4) as pool:
            yield pool
