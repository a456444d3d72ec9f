"""Strict types of integers and booleans in JSON bodies.

marshmallow accepts 1.5 and "1" for the integer 1, and "yes" for true, which is right only for forms.
"""

from marshmallow import Schema, fields


def wrong_types(schema: Schema, body: dict) -> dict[str, list[str]]:
    """Messages by field about integers and booleans in `body` with other types; empty if there are none."""
    found: dict[str, list[str]] = {}
    for name, field in schema.fields.items():
        key = field.data_key or name
        if key in body and (sentences := list(dict.fromkeys(_sentences(field, body[key])))):
            found[key] = sentences
    return found


def _sentences(field: fields.Field, value: object) -> list[str]:
    if isinstance(field, fields.List):
        items = value if isinstance(value, list) else []
        return [each for item in items for each in _sentences(field.inner, item)]
    if isinstance(field, fields.Nested):
        items = value if isinstance(value, list) else [value]
        return [
            each
            for item in items
            if isinstance(item, dict)
            for sentences in wrong_types(field.schema, item).values()
            for each in sentences
        ]
    wanted = int if isinstance(field, fields.Integer) else bool if isinstance(field, fields.Boolean) else None
    if wanted is None or value is None or type(value) is wanted:
        return []
    return [str(field.error_messages["invalid"])]
