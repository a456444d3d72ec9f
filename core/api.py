"""The API's frame: one OpenAPI document, Bearer tokens only, problem details for errors."""

from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from core.web import csrf


class Problem(Schema):
    """RFC 9457 problem details."""

    type = fields.String()
    status = fields.Integer()
    title = fields.String()
    detail = fields.String()
    errors = fields.Dict()


class ApiBlueprint(Blueprint):
    """A room's part of `/api/v1`; exempt from CSRF because it never reads cookies."""

    def __init__(self, name: str, import_name: str, **kwargs):
        super().__init__(f"api_{name}", import_name, url_prefix="/api/v1", **kwargs)
        csrf.exempt(self)


class _RedoubtApi(Api):
    """flask-smorest's own error pages are off: core.web answers problem details everywhere."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass


api = _RedoubtApi()


def register(blueprint: ApiBlueprint) -> None:
    """Add a room's endpoints to the API and its document."""
    api.register_blueprint(blueprint)


def init_app(app: Flask) -> None:
    """Serve `/api/v1/openapi.json`."""
    app.config.update(
        API_TITLE="Redoubt", API_VERSION="v1", OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1", OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}, {}],
        },
    )
    api.init_app(app)
