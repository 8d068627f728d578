"""Whose an object is, also where its owners can't be read."""

from datetime import UTC, datetime

import pytest

from bot.core.observation import Owners
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import Workload
from bot.service.enrich import OwnerFinder
from bot.service.ports import NotFound

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SHOP = AppRef(name="shop")


def stateful_set(name: str) -> ObjectRef:
    return ObjectRef(group="apps", kind="StatefulSet", namespace="shop", name=name)


def claim(name: str) -> ObjectRef:
    return ObjectRef(kind="PersistentVolumeClaim", namespace="shop", name=name)


class Live:
    """A cluster that has these objects, none of them with an owner."""

    def __init__(self, *objects: ObjectRef) -> None:
        self._objects = objects

    async def workload(self, ref: ObjectRef) -> Workload:
        if ref not in self._objects:
            raise NotFound(f"{ref} isn't there", status=404)
        return Workload(object=ref, uid=ref.name)


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


@pytest.mark.parametrize(
    ("name", "live", "owner"),
    [
        pytest.param("data-db-0", ["db"], "db", id="template, StatefulSet, ordinal"),
        pytest.param("data-db-12", ["db"], "db", id="an ordinal of two digits"),
        pytest.param("data-my-db-0", ["my-db", "db"], "my-db", id="a name of two words, the longer one first"),
        pytest.param("data-my-db-0", ["db"], "db", id="a template of two words"),
        pytest.param("data-db-0", [], None, id="no such StatefulSet"),
        pytest.param("uploads", ["uploads"], None, id="no ordinal"),
        pytest.param("db-0", ["db"], None, id="no template"),
    ],
)
@pytest.mark.parametrize("listed", [True, False], ids=["known from its Application", "known from the cluster"])
async def test_a_claim_belongs_to_the_stateful_set_it_was_made_for(
    name: str, live: list[str], owner: str | None, *, listed: bool
) -> None:
    owners = [stateful_set(item) for item in live]
    managed = {("default", item): SHOP for item in owners} if listed else {}
    found = await OwnerFinder({"default": Live(claim(name), *(() if listed else owners))}).owners(
        "default", claim(name), controller=None, managed=managed, apps={}, now=NOW
    )
    app = SHOP if listed and owner else None
    assert found == Owners(topmost=stateful_set(owner) if owner else claim(name), app=app)


async def test_a_claim_that_an_application_lists_itself_is_its_own_topmost() -> None:
    own = claim("data-db-0")
    found = await OwnerFinder({"default": Live(own)}).owners(
        "default",
        own,
        controller=None,
        managed={("default", own): SHOP, ("default", stateful_set("db")): AppRef(name="other")},
        apps={},
        now=NOW,
    )
    assert found == Owners(topmost=own, app=SHOP)
