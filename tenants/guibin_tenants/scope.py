"""The tenant scope: one transaction in which PostgreSQL shows and takes one tenant's rows only."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from msgspec import Struct
from piccolo.engine.postgres import PostgresTransaction

from . import placement
from .database import ENGINE, UNREACHABLE, borrowed
from .field_rights import PartRights
from .refusals import Refusal

Result = TypeVar("Result")
ALL_UNITS = "*"
# A connection on which not even this comes through is cut.
ROLLBACK_WITHIN_S = 5.0
# While a company goes from one cell to another whoever asks waits so long, without a connection, before it is refused.
MOVES_WITHIN_S, MOVING_EVERY_S = 5.0, 0.05

_current: ContextVar["Scope | None"] = ContextVar("guibin_scope", default=None)


class NoTenantScope(RuntimeError):
    """A statement was about to run outside any tenant's scope. Always a fault of the program."""


class NotCommitted(RuntimeError):
    """The scope ended normally, but PostgreSQL had given the transaction up."""


class WaitsInside(RuntimeError):
    """Something outside was about to be waited for while a transaction is open. Always a fault of the program."""


class NotOnRecord(RuntimeError):
    """Sealed values were opened, and nothing in the transaction records whose. Always a fault of the program."""


class Trace(Struct):
    """What must be written of an attempt although the transaction is undone.

    `write` does it; the refusal it returns is raised after that. `undone` says that a savepoint took the attempt back: it is
    written then even when the transaction is not.
    """

    write: Callable[[], Awaitable[Refusal | None]]
    undone: bool = False


class Scope(Struct):
    """What holds inside the scope. `rollback_only` makes its end a rollback though nothing was raised.

    `settings` are the tenant's settings as this transaction has read or written them. `opened` are the subjects whose
    sealed values were opened, `on_record` those whom an entry of the confidentiality record names. `after_commit` is told the
    tenant's id once what was written stands. `held` are its turn and its connection, `away` while it has given them back to
    wait for something outside. What is looked at is for `purpose`, empty where each look says it itself; `lent` is the loan by which a row behind the wall is seen. `sees` is what whoever acts sees of parts of files, empty for all. `planned_once` says that statements are planned for any values, `snapshot` that all of them see what was committed before the first. `traces` outlive a rollback, whatever it came from. What was `gathered`, `before_commit` makes
    statements of, whole and without parameters, that go out with COMMIT in one round trip.
    """

    tenant_id: UUID
    connection: asyncpg.Connection
    held: contextlib.AsyncExitStack
    units: str = ALL_UNITS
    sees: tuple[PartRights, ...] = ()
    purpose: str = ""
    lent: UUID | None = None
    rollback_only: bool = False
    savepoints: int = 0
    settings: dict[str, str | None] = {}
    opened: set[UUID] = set()
    on_record: set[UUID] = set()
    after_commit: list[Callable[[UUID], None]] = []
    durable: bool = True
    away: bool = False
    planned_once: bool = False
    snapshot: bool = False
    traces: list[Trace] = []
    before_commit: list[Callable[[], str]] = []
    gathered: list[Any] = []


class _OpenTransaction(PostgresTransaction):
    """Tells Piccolo which connection to use; begin and commit are the scope's."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.engine = ENGINE
        self.connection = connection
        self._savepoint_id = 0
        self._parent = None
        self._committed = self._rolled_back = False


@contextlib.asynccontextmanager
async def tenant_scope(
    tenant_id: UUID, *, units: str | tuple[UUID, ...] = ALL_UNITS, durable: bool = True
) -> AsyncIterator[Scope]:
    """Open a transaction in which only `tenant_id` exists; commit at the end, roll back on an exception.

    Raises NotOnRecord, and has written nothing, when sealed values were opened of which there is no record at the end;
    TooManyAtOnce and Busy, and has not begun, where the process shares its connections out and none was free in time.
    After a rollback the scope's traces are written in a transaction of their own before this returns or raises; what goes
    wrong there is raised instead.
    `units` are the org units whose archives are visible (the wall of S02-6); ALL_UNITS for head office.
    The settings go out with BEGIN in one round trip and end with the transaction. What is not `durable` may be
    forgotten when PostgreSQL itself crashes within the next second: for marks that can be made again.
    """
    if _current.get() is not None:
        raise NoTenantScope("a tenant scope is already open: scopes do not nest")
    if ENGINE.pool is None:
        raise NoTenantScope("the database is not connected")
    visible = units if isinstance(units, str) else _array(units)
    if visible != ALL_UNITS and not visible.startswith("{"):
        raise NoTenantScope("org units are ALL_UNITS or a tuple of ids")
    async with contextlib.AsyncExitStack() as held:
        connection = await _begin(held, tenant_id, _beginning(tenant_id, visible, durable=durable))
        scope = Scope(tenant_id=tenant_id, connection=connection, held=held, units=visible, durable=durable)
        transaction_token = ENGINE.current_transaction.set(_OpenTransaction(connection))
        scope_token = _current.set(scope)
        try:
            yield scope
            committed = await _end(scope)
        except BaseException as error:
            if not scope.away:
                await _undo(scope.connection)
                if isinstance(error, Exception):
                    await _leave_traces(scope)
            raise
        else:
            if not committed:
                await _leave_traces(scope)
        finally:
            _current.reset(scope_token)
            ENGINE.current_transaction.reset(transaction_token)


@contextlib.asynccontextmanager
async def step_outside() -> AsyncIterator[None]:
    """Commit what the scope has written, wait for something outside without a connection, go on in a second transaction.

    What was written before stays written whatever follows; rows must be read again and locks taken again. Raises
    NotOnRecord as the end of a scope does, and when it comes back what the beginning of a scope raises.
    """
    scope = current_scope()
    await _end(scope)
    scope.away = True
    await scope.held.aclose()
    try:
        yield
    except Exception:
        await _come_back(scope)
        raise
    await _come_back(scope)


@contextlib.asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """Commit what the scope has written; inside, whatever is read is as it was at one moment, however long that takes. Afterwards, what
    was written inside stands committed. Raises as `step_outside`.
    """
    scope = current_scope()
    scope.snapshot = True
    try:
        async with step_outside():
            pass
        yield
    finally:
        scope.snapshot = False
    async with step_outside():
        pass


def refuse_waiting(what: str) -> None:
    """Raises WaitsInside while a transaction is open: nobody keeps a connection for as long as others please."""
    scope = _current.get()
    if scope is not None and not scope.away:
        raise WaitsInside(f"{what} is waited for while a transaction is open: use an errand or step_outside()")


async def _begin(held: contextlib.AsyncExitStack, tenant_id: UUID, beginning: str) -> asyncpg.Connection:
    if ENGINE.turns is not None:
        await held.enter_async_context(ENGINE.turns.turn(tenant_id))
    if ENGINE.lanes:
        return await _begin_on_its_cell(held, tenant_id, beginning)
    connection = await held.enter_async_context(borrowed())
    await connection.execute(beginning)
    return connection


async def _begin_on_its_cell(held: contextlib.AsyncExitStack, tenant_id: UUID, beginning: str) -> asyncpg.Connection:
    """Where the directory says; asked again when the registration is not served there. Raises NotHere while it is nowhere."""
    cell = await placement.cell_of(tenant_id)
    until = asyncio.get_running_loop().time() + MOVES_WITHIN_S
    while True:
        async with contextlib.AsyncExitStack() as lent:
            connection = await lent.enter_async_context(borrowed(cell or ""))
            # Of whom the directory knows nothing, there is nothing: no tenant is set, whatever lies there.
            if await connection.execute(beginning if cell else "BEGIN") == ENTERED or cell is None:
                held.push_async_exit(lent.pop_all())
                return connection
            await connection.execute("ROLLBACK")
        there, cell = cell, await placement.cell_of(tenant_id, anew=True)
        if there == cell:
            if asyncio.get_running_loop().time() > until:
                raise placement.NotHere()
            await asyncio.sleep(MOVING_EVERY_S)


# What PostgreSQL answers to the last statement of a beginning, of several cells, when the registration is served there.
ENTERED = "SELECT 1"


def _beginning(tenant_id: UUID, units: str, *, durable: bool, snapshot: bool = False) -> str:
    tenant = _uuid(tenant_id)
    begin = f"BEGIN{' ISOLATION LEVEL REPEATABLE READ' * snapshot}; SET LOCAL guibin.units = '{units}'" + (
        "" if durable else "; SET LOCAL synchronous_commit = off"
    )
    if not ENGINE.lanes:
        return f"{begin}; SET LOCAL guibin.tenant = '{tenant}'"
    # Whoever moves the company holds the lock alone; the registration is looked at once it is ours, by a statement that sees
    # what was committed until then. Where it is not served the setting stays unset: no row is seen, and none is written.
    return (
        f"{begin}; SELECT set_config('guibin.served', pg_try_advisory_xact_lock_shared({lock_of(tenant_id)})::text, true);"
        f" SELECT set_config('guibin.tenant', id::text, true) FROM tenant WHERE id = '{tenant}' AND moving_to IS NULL"
        " AND current_setting('guibin.served') = 'true'"
    )


def lock_of(tenant_id: UUID) -> int:
    """The advisory lock that every scope of the company shares on its cell, and whoever moves it holds alone."""
    return int.from_bytes(UUID(str(tenant_id)).bytes[8:], signed=True)


async def _come_back(scope: Scope) -> None:
    beginning = _beginning(scope.tenant_id, scope.units, durable=scope.durable, snapshot=scope.snapshot)
    scope.connection = await _begin(scope.held, scope.tenant_id, beginning)
    scope.settings.clear()
    scope.away = scope.planned_once = False
    transaction = ENGINE.current_transaction.get()
    if transaction is not None:
        transaction.connection = scope.connection


async def _undo(connection: asyncpg.Connection) -> None:
    # On cancellation the connection may be unusable; whoever waits for the next one shall not wait for it.
    try:
        if not connection.is_in_transaction():
            return
        await connection.execute("ROLLBACK", timeout=ROLLBACK_WITHIN_S)
    except UNREACHABLE:
        connection.terminate()


async def _end(scope: Scope) -> bool:
    """Whether nothing was undone."""
    if scope.away:
        return True
    if scope.rollback_only:
        await scope.connection.execute("ROLLBACK")
        return False
    if not scope.opened <= scope.on_record:
        raise NotOnRecord(f"opened and not recorded: {', '.join(map(str, scope.opened - scope.on_record))}")
    for refusal in await _written(trace for trace in scope.traces if trace.undone):
        raise refusal
    last = [statement for make in scope.before_commit if (statement := make())]
    scope.before_commit.clear()
    # When a statement failed and its error was swallowed, PostgreSQL refuses another one, and answers COMMIT with ROLLBACK.
    ended = ""
    with contextlib.suppress(asyncpg.InFailedSQLTransactionError):
        ended = await scope.connection.execute("; ".join((*last, "COMMIT")))
    if ended != "COMMIT":
        raise NotCommitted("a statement in the scope failed: nothing was written")
    while scope.after_commit:
        scope.after_commit.pop()(scope.tenant_id)
    return True


async def _leave_traces(scope: Scope) -> None:
    """Raises what PostgreSQL says, NotCommitted, or the refusal that a trace leads to."""
    if not scope.traces:
        return
    said = await scope.connection.execute(_beginning(scope.tenant_id, ALL_UNITS, durable=True))
    try:
        if ENGINE.lanes and said != ENTERED:
            raise NotCommitted("an attempt could not be put on record: the company is being moved")
        refusals = await _written(scope.traces)
        if await scope.connection.execute("COMMIT") != "COMMIT":
            raise NotCommitted("an attempt could not be put on record")
    finally:
        await _undo(scope.connection)
    for refusal in refusals:
        raise refusal


async def _written(traces: Iterable[Trace]) -> list[Refusal]:
    return [refusal for trace in traces if (refusal := await trace.write()) is not None]


async def see_units(units: tuple[UUID, ...]) -> None:
    """Narrow the open scope to archives of these org units."""
    scope = current_scope()
    scope.units = _array(units)
    await scope.connection.execute(f"SET LOCAL guibin.units = '{scope.units}'")


def see_fields(sees: tuple[PartRights, ...]) -> None:
    """Narrow what the open scope shows of files to what whoever acts sees."""
    current_scope().sees = sees


def seen_fields() -> tuple[PartRights, ...]:
    """What whoever acts sees of files; empty for all, also where no scope is open."""
    scope = _current.get()
    return scope.sees if scope is not None else ()


async def lend(loan: UUID, person: UUID, *, now: datetime, purpose: str) -> None:
    """Let the open scope see the row that this loan lends to the person at this moment, if it does so: PostgreSQL looks.

    What is behind the row's wall is seen with it, and written by nobody in this transaction; whatever is looked at is for `purpose`.
    """
    scope = current_scope()
    said = f"{_uuid(loan)} {_uuid(person)} {now.isoformat()}"
    await scope.connection.execute("select set_config('guibin.lent', $1, true)", said)
    scope.purpose, scope.lent = purpose, loan


def lent_by() -> UUID | None:
    """The loan by which the open scope sees a row behind the wall, to be read only; None where it sees its own alone."""
    scope = _current.get()
    return scope.lent if scope is not None else None


@contextlib.asynccontextmanager
async def whole_company() -> AsyncIterator[None]:
    """Inside, archives of every org unit are found, whatever whoever acts sees: to say whether there is somebody and to tell
    those concerned, never to show what is found.
    """
    scope = current_scope()
    await scope.connection.execute(f"SET LOCAL guibin.units = '{ALL_UNITS}'")
    try:
        yield
    finally:
        # What fails inside has given the transaction up: nothing more is seen in it.
        with contextlib.suppress(asyncpg.InFailedSQLTransactionError):
            await scope.connection.execute(f"SET LOCAL guibin.units = '{scope.units}'")


async def plan_once() -> None:
    """Plan the statements of this transaction from here on once for a connection, for whatever values.

    PostgreSQL else plans a statement anew for each of its first five executions on a connection: for one that takes far
    longer to plan than to run, and whose best plan is the same for all values.
    """
    scope = current_scope()
    if not scope.planned_once:
        scope.planned_once = True
        await scope.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")


def current_scope() -> Scope:
    """The open scope; raises NoTenantScope when there is none."""
    scope = _current.get()
    if scope is None or scope.away:
        raise NoTenantScope("no tenant scope is open")
    return scope


def current_tenant() -> UUID:
    """Whose rows are visible; raises NoTenantScope when nobody's are."""
    return current_scope().tenant_id


def tenant_or_none() -> UUID | None:
    """As `current_tenant`, None outside a scope."""
    scope = _current.get()
    return scope.tenant_id if scope is not None and not scope.away else None


async def fetch(sql: str, *values: Any) -> list[asyncpg.Record]:
    """Rows of a hand-written statement with `$1` parameters, inside the scope."""
    rows: list[asyncpg.Record] = await current_scope().connection.fetch(sql, *values)
    return rows


async def fetch_one(sql: str, *values: Any) -> asyncpg.Record | None:
    """The first row or None, inside the scope."""
    return await current_scope().connection.fetchrow(sql, *values)


async def fetch_column(sql: str, *values: Any) -> list[Any]:
    """The first column of every row, inside the scope."""
    return [row[0] for row in await fetch(sql, *values)]


async def one_at_a_time(place: str) -> None:
    """Wait here, until this transaction ends, for the others of the same company at the same place, such as "/channels": the last one to
    come sees what those before it wrote."""
    await fetch_value(
        "select pg_advisory_xact_lock(hashtextextended(current_setting('guibin.tenant') || $1, 0))", place
    )


async def fetch_value(sql: str, *values: Any) -> Any:
    """The first column of the first row, inside the scope."""
    return await current_scope().connection.fetchval(sql, *values)


async def execute(sql: str, *values: Any) -> int:
    """Run a statement inside the scope; how many rows it touched."""
    status: str = await current_scope().connection.execute(sql, *values)
    count = status.rsplit(" ", 1)[-1]
    return int(count) if count.isdigit() else 0


async def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for each of these rows, sent without waiting for an answer in between."""
    await current_scope().connection.executemany(sql, rows)


async def fetch_many(sql: str, rows: Sequence[Sequence[Any]]) -> list[asyncpg.Record]:
    """As `execute_many`, for a statement that returns rows: all of them, in order."""
    found: list[asyncpg.Record] = await current_scope().connection.fetchmany(sql, rows)
    return found


@contextlib.asynccontextmanager
async def savepoint(*, released: bool = True) -> AsyncIterator[None]:
    """What happens inside is undone when it raises; the scope stays usable.

    One that is not `released` goes with the transaction and costs a round trip less: for the few of one page.
    """
    scope = current_scope()
    scope.savepoints += 1
    name = f"inner_{scope.savepoints}"
    on_record, gathered = scope.on_record.copy(), len(scope.gathered)
    await scope.connection.execute(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        scope.settings.clear()
        scope.on_record = on_record
        del scope.gathered[gathered:]
        with contextlib.suppress(*UNREACHABLE):
            await scope.connection.execute(f"ROLLBACK TO SAVEPOINT {name}")
        raise
    if released:
        await scope.connection.execute(f"RELEASE SAVEPOINT {name}")


class _Undone(Exception):
    """What would have come of it."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


async def undone(what: Awaitable[Result]) -> Result:
    """What would come of it: nothing is written, recorded or told to anybody."""
    try:
        async with savepoint():
            raise _Undone(await what)
    except _Undone as seen:
        result: Result = seen.result
        return result


def _array(units: tuple[UUID, ...]) -> str:
    return "{" + ",".join(_uuid(unit) for unit in units) + "}"


def _uuid(value: UUID) -> str:
    # The only values that ever enter SQL as text: rebuilt from the parsed id, so nothing else can pass.
    return str(UUID(str(value)))
