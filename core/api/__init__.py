"""The API: blueprints, the OpenAPI document, query parameters and the documentation page."""
