"""Tests of serve.api.routes."""

import pytest

from serve.api.app import App
from serve.api.routes import ROUTES, Route, Who, find, who_may
from serve.api.url import target
from serve.security.access import Access
from tests.serve.conftest import PutModel, Start


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_found_and_handled(route: Route) -> None:
    """By the URL that its path stands for, also with a slash behind it; below a version as well."""
    path = route.path.replace("{model}", "net")
    versioned = path.replace("/v2/models/net", "/v2/models/net/versions/3")

    assert find(target(path.encode())) is find(target(f"{path}/".encode())) is find(target(versioned.encode())) is route
    assert callable(getattr(App, route.handler))


@pytest.mark.parametrize("url", ["/v3", "/v2/models/net/infr", "/v2/repository/models/net/reload", "/v2/repository/x"])
def test_other_urls_have_no_route(url: str) -> None:
    """They are answered with 404, or with a file of the page."""
    assert find(target(url.encode())) is None


@pytest.mark.parametrize(
    ("url", "who"),
    [
        ("/v2/health/live", Who.EVERYBODY),
        ("/v2/health/ready", Who.EVERYBODY),
        ("/v2", Who.CLIENT),
        ("/metrics", Who.CLIENT),
        ("/nothing", Who.CLIENT),
        ("/v2/models/net/infer", Who.CLIENT),
        ("/v2/repository/index", Who.CLIENT),
        ("/v2/repository/models/net/load", Who.ADMINISTRATOR),
        ("/v2/repository/models/net/unload", Who.ADMINISTRATOR),
        ("/v2/repository", Who.ADMINISTRATOR),
        ("/v2/repository/nothing", Who.ADMINISTRATOR),
        ("/v2/repository/models/net/nothing", Who.ADMINISTRATOR),
        ("/v2/repository/nothing/index", Who.ADMINISTRATOR),
    ],
)
def test_who_may_ask(url: str, who: Who) -> None:
    """To a stranger a path below the repository that is not there is answered as one that is."""
    assert who_may(target(url.encode())) is who


@pytest.mark.parametrize(
    ("url", "taken"),
    [("/", True), ("/page.js", True), ("/v2/health/live", True), ("/metrics", False), ("/v2/models/net", False)],
)
def test_the_page_and_the_health_are_everybodys(start: Start, put_model: PutModel, url: str, taken: bool) -> None:
    """Who has no token yet must see where to give one; everything else asks for it."""
    put_model()

    status, _, _ = start(access=Access(["secret"])).ask("GET", url)

    assert status == (200 if taken else 401)
