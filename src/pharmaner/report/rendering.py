"""Templates filled in; whatever comes from a text is escaped."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **values: object) -> str:
    """Fill in a template of this package."""
    environment = Environment(
        loader=PackageLoader("pharmaner.report"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    return environment.get_template(template).render(**values)
