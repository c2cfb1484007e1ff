"""T31, T32: the sealed form itself, against vectors made without the product's code."""

import hashlib
import hmac
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guibin.notation.names import search_keys
from guibin.policy.fields import ArchiveField
from guibin.sealing.values import masked, normalised, opened, sealed
from guibin_tenants import keyring
from guibin_tenants.keyring import KeyringError, Place, blind_index, seal, unseal
from guibin_tenants.tables import new_id

MOBILE = ArchiveField("mobile", "phone", "confidential", searchable=True)
CARD = ArchiveField("smart_card_number", "text", "confidential", searchable=True)
IDENTITY = ArchiveField("identity_number", "identity_number", "confidential", searchable=True)
EMAIL = ArchiveField("email", "email", "confidential", searchable=True)
KEY, ROW = bytes(range(32)), UUID("01890000-0000-7000-8000-000000000001")


@pytest.mark.rule("S01-9")
async def test_a_sealed_value_is_aes_gcm_bound_to_tenant_table_column_and_row(tenant):
    async with tenant.scope():
        value = seal(KEY, Place("sealed_value", "sealed", ROW), "13800138000")

    bound = f"{tenant.id}|sealed_value|sealed|{ROW}|1".encode()
    assert AESGCM(KEY).decrypt(value[:12], value[12:], bound) == b"13800138000"
    assert len(value) == 12 + 11 + 16


@pytest.mark.rule("S01-9")
@pytest.mark.parametrize(
    "place",
    [Place("sealed_value", "sealed", new_id()), Place("relative", "sealed", ROW), Place("sealed_value", "x", ROW)],
)
async def test_a_value_moved_to_another_place_does_not_open(tenant, place):
    async with tenant.scope():
        value = seal(KEY, Place("sealed_value", "sealed", ROW), "13800138000")

        with pytest.raises(KeyringError):
            unseal(KEY, place, value)


async def test_a_value_moved_to_another_tenant_or_key_or_changed_does_not_open(tenant, other_tenant):
    place = Place("sealed_value", "sealed", ROW)
    async with tenant.scope():
        value = seal(KEY, place, "13800138000")
        for key, sealed_text in (
            (b"\x01" * 32, value),
            (KEY, value[:-1] + bytes([value[-1] ^ 1])),
            (KEY, value[:20]),
            (KEY, value[:5]),
        ):
            with pytest.raises(KeyringError):
                unseal(key, place, sealed_text)
    async with other_tenant.scope():
        with pytest.raises(KeyringError):
            unseal(KEY, place, value)


async def test_every_row_is_sealed_anew_and_opens_in_its_own_place_only(tenant):
    async with tenant.scope():
        above = await keyring.tenant_key()
        customer = new_id()
        one, two = (sealed(MOBILE, "13800138000", customer_id=customer, key=KEY, tenant_key=above) for _ in range(2))

        assert one.sealed != two.sealed
        assert one.exact == two.exact
        assert opened(one.id, KEY, one.sealed) == "13800138000"
        with pytest.raises(KeyringError):
            opened(two.id, KEY, one.sealed)


def test_a_blind_index_is_hmac_under_a_key_of_the_field():
    # HKDF-Expand (RFC 5869) for one block, then HMAC-SHA-256, sixteen bytes.
    field_key = hmac.new(KEY, b"blind:mobile\x01", hashlib.sha256).digest()
    expected = hmac.new(field_key, b"13800138000", hashlib.sha256).digest()[:16]

    assert blind_index(KEY, "mobile", "13800138000") == expected
    assert blind_index(KEY, "phone", "13800138000") != expected
    assert blind_index(bytes(32), "mobile", "13800138000") != expected


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        " 138 0013 8000",
        "138-0013-8000",
        "+86 13800138000",
        "８６１３８００１３８０００",
        "１３８００１３８０００",
    ],
)
def test_a_telephone_number_is_the_same_however_it_is_written(written):
    assert normalised(MOBILE, written) == "13800138000"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        (MOBILE, "13800138000", "138****8000"),
        (IDENTITY, "11010519491231002X", "110***********002X"),
        (CARD, "8001000012345678", "800*********5678"),
        (CARD, "1234", "***"),
        (EMAIL, "zhang@example.com", "z***@example.com"),
    ],
)
def test_what_is_shown_without_a_disclosure(field, value, shown):
    assert masked(field, value) == shown


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("张三丽", ("zhangsanli", "zsl")),
        ("买买提·艾力", ("maimaitiaili", "mmtal")),
        ("Wang 五", ("wangwu", "ww")),
        ("ＡＢＣ公司", ("abcgongsi", "ags")),
    ],
)
def test_keys_that_staff_type(name, keys):
    assert search_keys(name)[0] == keys[0]
    assert search_keys(name)[1].endswith(keys[1][-2:])
