"""The audited read and the complaint's intake as one would write them with FastAPI and SQLAlchemy, under the same row security.

It reads and writes the rows that the product does, in the tables of the product: whoever asks by the digest of their key, the
company's scope for the transaction, the entry in the audit; at an intake the customer, what tier they have, the calendar, the
policy in force, who is to be told and which webhooks listen, then complaint, clock, entry and the news of it. What the product
judges beside them (rights to fields, levels, keywords, objections of packs) it leaves out, so it has less to compute.

    GUIBIN_PEER_URL=postgresql+asyncpg://… python benchmarks/peers/fastapi_sqlalchemy.py PORT
"""

import hashlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.ext.declarative import DeferredReflection
from sqlalchemy.orm import DeclarativeBase

CONNECTIONS = 16
RESOLUTION = timedelta(hours=5)
WARNED_AFTER = timedelta(hours=4)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

engine = create_async_engine(os.environ["GUIBIN_PEER_URL"], pool_size=CONNECTIONS, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeferredReflection, DeclarativeBase):
    """Columns are those of the database."""


class Customer(Base):
    __tablename__ = "customer"


class Sealed(Base):
    __tablename__ = "sealed_value"


class Entry(Base):
    __tablename__ = "audit_entry"


class Complaint(Base):
    __tablename__ = "complaint"


class Timer(Base):
    __tablename__ = "timer"


class Key(Base):
    __tablename__ = "api_key"


class News(Base):
    __tablename__ = "stream_event"


class Membership(Base):
    __tablename__ = "membership"


class Calendar(Base):
    __tablename__ = "calendar_version"


class PolicyVersion(Base):
    __tablename__ = "policy_version"


class Endpoint(Base):
    __tablename__ = "webhook_endpoint"


class Staff(Base):
    __tablename__ = "staff"


class Shown(BaseModel):
    """A customer as whoever may not see confidential values in clear sees them."""

    id: UUID
    number: str
    kind: str
    name: str
    org_unit_id: UUID | None
    account_manager_id: UUID | None
    sex: str | None
    birthday: Any
    employer: str | None
    department: str | None
    position: str | None
    preferences: Any
    fields: Any
    version: int
    created_at: datetime | None
    confidential: dict[str, list[str]]


class NewComplaint(BaseModel):
    text: str
    channel: str
    customer_id: UUID


class Taken(BaseModel):
    """A complaint that was taken in, with its clock."""

    id: UUID
    number: str
    customer_id: UUID
    level: str
    clause: str
    channel: str
    received_at: datetime
    state: str
    owner_id: UUID
    owner_name: str
    warn_at: datetime
    due_at: datetime
    version: int


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.prepare)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


class Asking(BaseModel, arbitrary_types_allowed=True):
    """Whoever asks, and their transaction."""

    key_id: UUID
    name: str
    session: AsyncSession


async def asking(authorization: Annotated[str, Header()]) -> AsyncIterator[Asking]:
    """The scope of the company that the key names, for one transaction."""
    token = authorization.removeprefix("Bearer ")
    tenant = 0
    for letter in token[8:30]:
        tenant = tenant * 62 + ALPHABET.index(letter)
    async with sessions() as session, session.begin():
        await session.execute(
            text("select set_config('guibin.tenant', :tenant, true), set_config('guibin.units', '*', true)"),
            {"tenant": str(UUID(int=tenant))},
        )
        digest = hashlib.sha256(token.encode()).hexdigest()
        key = (await session.execute(select(Key).where(Key.digest == digest, Key.revoked_at.is_(None)))).scalar()
        if key is None:
            raise HTTPException(401)
        yield Asking(key_id=key.id, name=key.name, session=session)


def entry(who: Asking, action: str, subject: str, customer_id: UUID) -> Entry:
    return Entry(
        id=uuid4(),
        happened_at=datetime.now(UTC),
        actor_kind="key",
        actor_id=who.key_id,
        actor_name=who.name,
        address="127.0.0.1",
        action=action,
        subject=subject,
        customer_ids=[customer_id],
        shown=1,
        fields=[],
        purpose="",
    )


@app.get("/api/v1/customers/{customer_id}")
async def customer(customer_id: UUID, who: Annotated[Asking, Depends(asking)]) -> Shown:
    found = await who.session.scalar(select(Customer).where(Customer.id == customer_id))
    if found is None:
        raise HTTPException(404)
    masked: dict[str, list[str]] = {}
    for value in await who.session.scalars(select(Sealed).where(Sealed.customer_id == customer_id).order_by("place")):
        masked.setdefault(value.field, []).append(value.masked)
    who.session.add(entry(who, "customer.read", "customer", customer_id))
    await who.session.flush()
    return Shown.model_validate(
        {name: getattr(found, name) for name in Shown.model_fields if name != "confidential"} | {"confidential": masked}
    )


@app.post("/api/v1/complaints", status_code=201)
async def receive(new: NewComplaint, who: Annotated[Asking, Depends(asking)]) -> Taken:
    session, now = who.session, datetime.now(UTC)
    if await session.scalar(select(Customer).where(Customer.id == new.customer_id)) is None:
        raise HTTPException(404)
    await session.scalars(select(Membership).where(Membership.customer_id == new.customer_id))
    await session.scalar(select(Calendar).where(Calendar.name == "always").order_by(Calendar.version.desc()).limit(1))
    await session.scalar(
        select(PolicyVersion.version).where(PolicyVersion.effective_from <= now).order_by(PolicyVersion.version.desc())
    )
    await session.scalars(select(Staff.id).where(Staff.left_at.is_(None), Staff.roles.overlap(["lead", "centre"])))
    await session.scalars(select(Endpoint.id).where(Endpoint.disabled_at.is_(None), Endpoint.removed_at.is_(None)))
    complaint = Complaint(
        id=uuid4(),
        number=uuid4().hex[:20],
        text=new.text,
        channel=new.channel,
        kind="complaint",
        customer_id=new.customer_id,
        level="1",
        clause="S07-23",
        received_at=now,
        recorded_at=now,
        owner_id=who.key_id,
        owner_name=who.name,
        handler_id=who.key_id,
        because="",
        on_behalf=False,
        special=False,
        state="open",
        priority=2,
        round=0,
        source_status="",
        version=1,
    )
    session.add(complaint)
    await session.flush()
    timer = Timer(
        id=uuid4(),
        subject="complaint",
        subject_id=complaint.id,
        customer_id=new.customer_id,
        milestone="resolution",
        occurrence=1,
        clock={},
        steps=[],
        started_at=now,
        warn_at=now + WARNED_AFTER,
        due_at=now + RESOLUTION,
        next_at=now + WARNED_AFTER,
        provisional=False,
        generation=0,
        version=1,
    )
    session.add_all([timer, entry(who, "complaint.receive", "complaint", new.customer_id)])
    session.add(
        News(
            id=uuid4(),
            type="complaint_received",
            subject="complaint",
            subject_id=complaint.id,
            at=now,
            recorded_in=text("pg_current_xact_id()::text::bigint"),
        )
    )
    await session.flush()
    await session.execute(text("select pg_notify('guibin_live', current_setting('guibin.tenant'))"))
    names = [name for name in Taken.model_fields if name not in ("warn_at", "due_at")]
    return Taken.model_validate(
        {name: getattr(complaint, name) for name in names} | {"warn_at": timer.warn_at, "due_at": timer.due_at}
    )


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
