"""Every controller of the core."""

from litestar import Controller

from guibin.audit.api import AuditController
from guibin.policies.api import PolicyController

from .documents import DocumentController
from .health import HealthController
from .me import MeController
from .sessions import SessionController

CONTROLLERS: tuple[type[Controller], ...] = (
    HealthController,
    DocumentController,
    SessionController,
    MeController,
    PolicyController,
    AuditController,
)
