"""Every table of the tenancy layer, in the order of their references."""

from piccolo.table import Table

from .absences import StaffAbsence
from .changes import AppliedChange
from .counts import RequestCount
from .devices import KnownDevice
from .displays import WallDisplay
from .keyring import SubjectKey, TenantKey
from .keys import ApiKey
from .org_units import OrgUnit
from .passkeys import Passkey, PasskeyChallenge
from .placement import CellRow, Placement
from .registry import Tenant
from .roles import CompanyRole
from .second_factors import RecoveryCode, SecondFactor
from .settings import TenantSetting
from .sign_in_limits import SignInLimit
from .staff import Staff, StaffSession

TABLES: tuple[type[Table], ...] = (
    Tenant,
    CellRow,
    Placement,
    AppliedChange,
    OrgUnit,
    Staff,
    StaffSession,
    WallDisplay,
    KnownDevice,
    SecondFactor,
    RecoveryCode,
    Passkey,
    PasskeyChallenge,
    SignInLimit,
    StaffAbsence,
    CompanyRole,
    ApiKey,
    RequestCount,
    TenantSetting,
    TenantKey,
    SubjectKey,
)
