"""Files in an object store: the same answers, objects that name nobody, and nothing left there of what was undone."""

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from caring import customer
from obstore.store import LocalStore, MemoryStore
from papers import PDF, added, picture, send
from running import come_round

from guibin.files import actions, places
from guibin.files.jobs import SweepFiles
from guibin.files.places import BadStore, store_of
from guibin_tenants.scope import WaitsInside, fetch_value
from guibin_tenants.tables import new_id

PHOTO = picture()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


@pytest.fixture(params=["folder", "memory"])
def store(request, folder):
    """Both by the code that asks an S3-compatible one."""
    chosen = LocalStore(str(folder), mkdir=True) if request.param == "folder" else MemoryStore()
    places.use_store(chosen)
    yield chosen
    places.use_store(None)


@pytest.fixture
def in_folder(folder):
    places.use_store(store_of({places.ADDRESS: f"file://{folder}"}))
    yield folder
    places.use_store(None)


@pytest.fixture
async def path(client):
    return f"/api/v1/customers/{await customer(client)}/files"


def lying(folder):
    return sorted(each for each in folder.rglob("*") if each.is_file())


def aged(folder):
    """As if it had lain there since yesterday."""
    for each in lying(folder):
        os.utime(each, (time.time() - 86_400,) * 2)


async def swept(tenant):
    await come_round(tenant, SweepFiles())


async def test_a_file_in_the_store_is_opened_shown_and_removed_like_any(tenant, client, path, store):
    file = await added(client, path, PHOTO)
    confidential = await added(client, path, PDF, "证.pdf", kind="identity")
    known = f"/api/v1/files/{file['id']}"

    opened = await client.get(f"{known}/content")
    small = await client.get(f"{known}/thumbnail")
    disclosed = await client.post(
        f"/api/v1/files/{confidential['id']}/disclosures", json={"purpose": "核对身份", "leaves_to": "nobody"}
    )
    removed = await client.post(f"{known}/removal", json={"reason": "误传"})
    gone = await client.get(f"{known}/content")
    async with tenant.scope():
        parts = await fetch_value("select array_agg(part) from file_content")

    assert (opened.content, disclosed.content, small.headers["content-type"]) == (PHOTO, PDF, "image/webp")
    assert (removed.status_code, gone.status_code, parts) == (201, 410, None)


async def test_an_object_names_its_company_and_nobody_and_is_not_what_was_sent(tenant, client, path, in_folder):
    file = await added(client, path, PHOTO, "张三身份证.jpg")

    (only,) = lying(in_folder)

    assert only.relative_to(in_folder) == Path(str(tenant.id)) / file["id"]
    assert not any(piece in only.read_bytes() for piece in (PHOTO[:64], b"JFIF", "张三".encode()))


async def test_an_object_that_was_exchanged_for_another_does_not_open(client, path, in_folder):
    files = [await added(client, path, content, "a.pdf") for content in (PDF, PDF + b"\n")]
    first, second = lying(in_folder)
    first.write_bytes(second.read_bytes())

    answers = [await client.get(f"/api/v1/files/{file['id']}/content") for file in files]

    assert sorted(answer.status_code for answer in answers) == [200, 503]


async def test_what_moved_out_of_the_database_later_is_found_where_it_was_put(client, path, folder):
    before = await added(client, path, PHOTO)
    places.use_store(LocalStore(str(folder), mkdir=True))
    try:
        after = await added(client, path, PDF, "a.pdf")
        opened = [(await client.get(f"/api/v1/files/{file['id']}/content")).content for file in (before, after)]
    finally:
        places.use_store(None)
    without = await client.get(f"/api/v1/files/{after['id']}/content")

    assert opened == [PHOTO, PDF]
    assert (without.status_code, without.json()["type"]) == (503, "/problems/file-store-away")


async def test_a_store_that_is_away_takes_nothing_and_says_so(client, path, in_folder):
    file = await added(client, path, PHOTO)
    (only,) = lying(in_folder)
    only.unlink()
    only.parent.rmdir()
    only.parent.write_text("in the way")

    missing = await client.get(f"/api/v1/files/{file['id']}/content")
    refused = await send(client, path, PDF, "a.pdf")
    listed = (await client.get(path)).json()["items"]

    assert [(each.status_code, each.headers["retry-after"]) for each in (missing, refused)] == [(503, "10")] * 2
    assert [one["id"] for one in listed] == [file["id"]]


async def test_what_was_put_and_not_written_is_swept_and_nothing_else(tenant, client, path, in_folder, monkeypatch):
    kept = await added(client, path, PHOTO)
    removed = await added(client, path, PDF, "a.pdf")
    await client.post(f"/api/v1/files/{removed['id']}/removal", json={"reason": "误传"})
    await places.put(tenant.id, new_id(), b"put by a request that was undone")

    await swept(tenant)
    young = len(lying(in_folder))
    aged(in_folder)
    await swept(tenant)
    old = [each.name for each in lying(in_folder)]

    assert young == 3
    assert old == [kept["id"]]
    assert (await client.get(f"/api/v1/files/{kept['id']}/content")).content == PHOTO


async def test_a_request_that_is_undone_leaves_an_object_and_no_file(client, path, in_folder, monkeypatch):
    async def undone(*_, **__):
        raise RuntimeError("after the object was put")

    monkeypatch.setattr(actions.events, "record", undone)
    answer = await send(client, path, PHOTO)
    monkeypatch.undo()

    assert (answer.status_code, len(lying(in_folder))) == (500, 1)
    assert (await client.get(path)).json()["items"] == []


async def test_an_erased_customers_objects_are_swept(tenant, client, path, in_folder):
    await added(client, path, PHOTO)
    await client.delete(path.removesuffix("/files"))
    aged(in_folder)

    await swept(tenant)

    assert lying(in_folder) == []


async def test_a_sweep_leaves_other_companies_alone(world, tenant, client, path, in_folder):
    other = await world.tenant()
    there = await other.client()
    await added(client, path, PHOTO)
    file = await added(there, f"/api/v1/customers/{await customer(there)}/files", PHOTO)
    aged(in_folder)

    await swept(tenant)
    await places.forget(tenant.id)

    assert [each.name for each in lying(in_folder)] == [file["id"]]


async def test_without_a_store_there_is_nothing_to_sweep(tenant):
    await swept(tenant)


async def test_nobody_waits_for_the_store_inside_a_transaction(tenant, store):
    async with tenant.scope():
        with pytest.raises(WaitsInside):
            await places.put(tenant.id, new_id(), b"x")


@pytest.fixture
def wire():
    """What listens where a store would: it keeps what it is sent, and notes how it was asked."""
    kept: dict[str, bytes] = {}

    class Listener(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_PUT(self):  # named by the library
            kept[self.path] = self.rfile.read(int(self.headers["content-length"]))
            kept["signed"] = self.headers["authorization"].encode()
            self._say(200)

        def do_GET(self):  # named by the library
            self._say(200 if self.path in kept else 404, kept.get(self.path, b""))

        def _say(self, status, body=b""):
            self.send_response(status)
            self.send_header("ETag", '"x"')
            self.send_header("Last-Modified", "Mon, 02 Mar 2026 02:00:00 GMT")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", kept
        server.shutdown()


async def test_a_store_of_ones_own_is_asked_as_its_variables_say(client, path, wire, monkeypatch):
    address, kept = wire
    said = {
        "AWS_ACCESS_KEY_ID": "guibin",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "here",
        "AWS_ENDPOINT": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        places.ADDRESS: "s3://bucket/prefix",
    }
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    places.use_store(store_of(os.environ))
    try:
        file = await added(client, path, PHOTO)
        opened = await client.get(f"/api/v1/files/{file['id']}/content")
    finally:
        places.use_store(None)
    signed = kept.pop("signed")

    assert opened.content == PHOTO
    assert [name.rpartition("/")[2] for name in kept] == [file["id"]]
    assert [name.startswith("/bucket/prefix/") for name in kept] == [True]
    assert signed.startswith(b"AWS4-HMAC-SHA256 Credential=guibin/")


def test_a_setting_that_names_no_store_keeps_the_process_from_starting():
    assert store_of({}) is None
    for address in ("ftp://somewhere", "/var/files", "s3://"):
        with pytest.raises(BadStore):
            store_of({places.ADDRESS: address})
