"""A template's name and what it shows in, a whole page of HTML out; whatever it shows is harmless and escaped."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from reconciler.sandbox.page.text import grouped, harmless


def render(template: str, **shown: object) -> str:
    """Render one of the templates."""
    return _environment().get_template(template).render(**shown)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reconciler.sandbox.page"),
        autoescape=True,
        finalize=harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["grouped"] = grouped
    return environment
