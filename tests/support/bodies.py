"""Bodies of requests made from the OpenAPI document: every text in them is one the test looks for afterwards."""

from typing import Any

METHODS = ("post", "put", "patch")
# What a text must be where the policy or the product knows its own; by the field's name.
KNOWN = {
    "channel": "phone",
    "answer": "granted",
    "direction": "in",
    "field": "mobile",
    "kind": "leader",
    "phone": "13912345678",
    "value": "13912345678",
    "number": "13912345678",
}
FORMATS = {"date": "2026-03-10", "date-time": "2026-03-09T10:00:00+08:00", "email": "a@example.com"}


class Writing:
    """The document's routes that write, and a body for each."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.paths = document["paths"]
        self.schemas = document["components"]["schemas"]

    def routes(self) -> list[tuple[str, str]]:
        """Method and path of everything that takes a body."""
        return [(method, path) for path, found in self.paths.items() for method in METHODS if method in found]

    def names_customer(self, method: str, path: str) -> bool:
        """Whether the request says whom it writes about."""
        names = self._properties(self._schema(method, path))
        return "{customer_id}" in path or bool({"customer_id", "customer_ids"} & names.keys())

    def body(self, method: str, path: str, *, ids: dict[str, str], text: str) -> Any:
        """A whole body: ids by the name of their field, `text` in everything that is free."""
        schema = self._schema(method, path)
        return self._value("", schema, ids, text, 0) if schema else {}

    def _schema(self, method: str, path: str) -> dict[str, Any]:
        content = self.paths[path][method].get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema", {})

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return self._resolved(self.schemas[schema["$ref"].rsplit("/", 1)[1]])
        for several in ("oneOf", "anyOf"):
            if several in schema:
                return self._resolved(next(one for one in schema[several] if one.get("type") != "null"))
        return schema

    def _properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        return self._resolved(schema).get("properties", {})

    def _value(self, name: str, schema: dict[str, Any], ids: dict[str, str], text: str, depth: int) -> Any:
        schema = self._resolved(schema)
        kind = schema.get("type")
        kind = next((one for one in kind if one != "null"), None) if isinstance(kind, list) else kind
        if "const" in schema or "enum" in schema:
            return schema.get("const", next((one for one in schema.get("enum", ()) if one is not None), None))
        if kind == "string":
            return self._text(name, schema, ids, text)
        if kind in ("integer", "number"):
            return max(schema.get("minimum", 1), 1)
        if kind == "boolean":
            return True
        if kind == "array":
            return [self._value(name.removesuffix("s"), schema.get("items", {}), ids, text, depth + 1)]
        known = schema.get("properties", {})
        if depth > 4 or not known:
            return {}
        return {one: self._value(one, schema_of, ids, text, depth + 1) for one, schema_of in known.items()}

    def _text(self, name: str, schema: dict[str, Any], ids: dict[str, str], text: str) -> str:
        if name in ids:
            return ids[name]
        if schema.get("format") == "uuid":
            return ids[""]
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        return KNOWN.get(name, text[: schema.get("maxLength", 500)])
