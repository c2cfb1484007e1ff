"""What the service says of itself to a directory (RFC 7643, 5 to 7)."""

from typing import Any

from .queries import GROUP, LIST, PAGE_MAX, PATH, USER

_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:"
_NO = {"supported": False}


def configuration() -> dict[str, Any]:
    """What is supported."""
    return {
        "schemas": [f"{_SCHEMA}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": PAGE_MAX},
        "changePassword": _NO,
        "sort": _NO,
        "etag": _NO,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "API key",
                "description": "Authorization: Bearer gb_live_…",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{PATH}/ServiceProviderConfig"},
    }


def kinds() -> list[dict[str, Any]]:
    """What there is."""
    return [_kind("User", "/Users", USER), _kind("Group", "/Groups", GROUP)]


def schemas() -> list[dict[str, Any]]:
    """What is kept of each."""
    name = {
        **_text("name"),
        "type": "complex",
        "subAttributes": [_text(each) for each in ("formatted", "familyName", "givenName")],
    }
    groups = {**_several("groups", "value", "display"), "mutability": "readOnly"}
    active = {**_text("active"), "type": "boolean"}
    login = {**_text("userName"), "required": True, "uniqueness": "server"}
    title = {**_text("displayName"), "required": True, "uniqueness": "server"}
    return [
        _schema(USER, "User", [login, _text("externalId"), _text("displayName"), name, active, groups]),
        _schema(GROUP, "Group", [title, _text("externalId"), _several("members", "value", "display")]),
    ]


def listed(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """All of them at once."""
    return {
        "schemas": [LIST],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def _kind(name: str, endpoint: str, schema: str) -> dict[str, Any]:
    return {
        "schemas": [f"{_SCHEMA}ResourceType"],
        "id": name,
        "name": name,
        "endpoint": endpoint,
        "schema": schema,
        "meta": {"resourceType": "ResourceType", "location": f"{PATH}/ResourceTypes/{name}"},
    }


def _schema(urn: str, name: str, attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schemas": [f"{_SCHEMA}Schema"],
        "id": urn,
        "name": name,
        "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": f"{PATH}/Schemas/{urn}"},
    }


def _text(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "string",
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }


def _several(name: str, *parts: str) -> dict[str, Any]:
    return {**_text(name), "type": "complex", "multiValued": True, "subAttributes": [_text(part) for part in parts]}
