"""A wrong setting stops the start with a sentence that names it and says what to write."""

import pytest

from core import config


@pytest.mark.parametrize(
    ("name", "written", "advice"),
    [
        ("REDOUBT_PROXIES", "one", "whole number, 0 or more"),
        ("REDOUBT_PROXIES", "-1", "whole number, 0 or more"),
        ("REDOUBT_PROXIES", "1   # when nginx stands in front", "whole number, 0 or more"),
        ("REDOUBT_EDGE_SECONDS", "-5", "whole number, 0 or more"),
        ("REDOUBT_EDGE_SECONDS", "1.5", "whole number, 0 or more"),
        ("REDOUBT_EDGE_STALE_SECONDS", "soon", "whole number, 0 or more"),
        ("REDOUBT_EDGE_PURGE_URLS", "http://10.0.0.2:6081, 10.0.0.3", "http://"),
        ("REDOUBT_EDGE_PURGE_URLS", "http://name:word@10.0.0.2", "http://"),
        ("REDOUBT_PRIVILEGE_SCALE", "abc", "number, 0 or more"),
        ("REDOUBT_PRIVILEGE_SCALE", "nan", "number, 0 or more"),
        ("REDOUBT_PRIVILEGE_SCALE", "inf", "number, 0 or more"),
        ("REDOUBT_SITE_URL", "redoubt.example", "https://"),
        ("REDOUBT_SITE_URL", "https://redoubt.example/forum", "root of its own name"),
        ("REDOUBT_DATABASE_URL", "postgres://db1/redoubt", "postgresql://"),
        ("REDOUBT_DATABASE_URL", "db1/redoubt", "postgresql://"),
        ("REDOUBT_DATABASE_URL", "mysql://db1/redoubt", "sqlite://"),
        ("REDOUBT_DATABASE_URL", "postgresql+psycopg2://db1/redoubt", "postgresql+psycopg://"),
        ("REDOUBT_DATABASE_URL", "sqlite://", "sqlite:///"),
        ("REDOUBT_REDIS_URL", "redis+sentinel://x", "redis://"),
        ("REDOUBT_SITE_URL", "https://", "a name"),
        ("REDOUBT_SITE_URL", "https://redoubt.example?x=1", "root of its own name"),
        ("REDOUBT_SITE_URL", "https://redoubt.example#a", "root of its own name"),
        ("REDOUBT_SITE_URL", "https://user:word@redoubt.example", "root of its own name"),
        ("REDOUBT_REPLICA_URLS", "postgresql://db2/redoubt, foo", "postgresql://"),
        ("REDOUBT_REDIS_URL", "10.0.0.31", "redis://"),
        ("REDOUBT_REGISTRATION", "maybe", "open, invite, closed"),
    ],
)
def test_a_wrong_value_stops_the_start(name, written, advice):
    with pytest.raises(config.InvalidSetting) as stopped:
        config.read_settings({name: written})
    assert str(stopped.value).startswith(name) and advice in str(stopped.value)


@pytest.mark.parametrize("name", sorted(config.SECRETS - {"REDOUBT_SECRET_KEY", "REDOUBT_MAIL_URL"}))
def test_a_wrong_secret_is_not_repeated(name):
    with pytest.raises(config.InvalidSetting) as stopped:
        config.read_settings({name: "canary"})
    assert "canary" not in str(stopped.value)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("REDOUBT_DATABASE_URL", "postgresql+psycopg://r:p@db1/redoubt"),
        ("REDOUBT_DATABASE_URL", "sqlite:///x.db"),
        ("REDOUBT_REDIS_URL", "rediss://r:p@cache/0"),
        ("REDOUBT_REDIS_URL", "unix:///run/redis.sock"),
        (
            "REDOUBT_DATABASE_URL",
            "postgresql://r@/redoubt?host=10.0.0.21,10.0.0.22&target_session_attrs=read-write",
        ),
        ("REDOUBT_SITE_URL", "https://redoubt.example"),
        ("REDOUBT_SITE_URL", "https://[2001:db8::1]:8443"),
    ],
)
def test_what_is_right_is_taken_as_it_is(name, written):
    assert config.read_settings({name: written})[name] == written


def test_an_instance_that_cannot_be_made_stops_the_start(tmp_path):
    (tmp_path / "file").touch()
    app = type("Site", (), {"config": {"REDOUBT_INSTANCE": str(tmp_path / "file" / "below")}})()
    with pytest.raises(config.InvalidSetting, match=r"REDOUBT_INSTANCE.*for the user"):
        config.init_app(app)
