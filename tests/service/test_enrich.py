"""Whose an object is, also where its owners can't be read."""

from datetime import UTC, datetime

import pytest

from bot.core.signals import ObjectRef
from bot.service.enrich import OwnerFinder

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("group", "kind", "name", "topmost"),
    [
        pytest.param("", "Pod", "web-6c9f7d5b8-x2x9k", "Deployment shop/web", id="a Deployment's Pod"),
        pytest.param("", "Pod", "db-0", "StatefulSet shop/db", id="a StatefulSet's Pod"),
        pytest.param("batch", "Job", "mail-29386560", "CronJob shop/mail", id="a CronJob's Job"),
        pytest.param("batch", "Job", "report", "Job shop/report", id="a Job of its own"),
        pytest.param("batch", "Job", "db-migrate", "Job shop/db-migrate", id="a Job with two words"),
    ],
)
async def test_owners_that_cannot_be_read_are_guessed_by_name(group: str, kind: str, name: str, topmost: str) -> None:
    ref = ObjectRef(group=group, kind=kind, namespace="shop", name=name)
    owners = await OwnerFinder({}).owners("default", ref, controller=None, managed={}, apps={}, now=NOW)
    assert str(owners.topmost) == topmost
