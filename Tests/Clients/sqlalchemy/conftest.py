"""SQLAlchemy's pytest plugin, told not to make PostgreSQL's extensions first."""

import pytest

pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

from sqlalchemy.dialects.postgresql import provision as _  # noqa: E402, F401
from sqlalchemy.testing import provision  # noqa: E402
from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F401, F403


@provision.post_configure_engine.for_db("postgresql")
def make_nothing(url, engine, follower_ident):
    pass
