"""List + watch against the fake API server, over the wire."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.adapters.kubernetes.client import KubernetesClient
from bot.adapters.kubernetes.watch import Pace
from bot.core.signals import ObjectRef
from bot.core.states import EventReport, PodState
from bot.sandbox.kubernetes import FakeKubernetes
from bot.service.ports import Deleted, Refused, Relisted, Unreachable
from tests.adapters.kubernetes.conftest import Connect, Json, Reader, event, pod, until


def names(readings: list[PodState]) -> list[str]:
    return [reading.object.name for reading in readings]


async def test_a_list_in_pages_then_relisted_then_what_changes(fake: FakeKubernetes, client: KubernetesClient) -> None:
    for name in ("a", "b", "c", "d", "e"):
        fake.put(pod(name))
    reader = Reader(client.pods())
    assert names(await reader.take(5)) == ["a", "b", "c", "d", "e"]
    relisted = await reader.next()
    assert relisted == Relisted(cluster="prod", kind="Pod", uids=frozenset(f"uid-web-{name}" for name in "abcde"))

    fake.put(pod("a", phase="Running"))
    fake.put(pod("f"))
    fake.delete("v1", "Pod", "b", namespace="web")
    changed, added, deleted = await reader.take(3)
    assert (changed.object.name, changed.phase) == ("a", "Running")
    assert added.object.name == "f"
    assert deleted == Deleted(
        cluster="prod", kind="Pod", uid="uid-web-b", object=ObjectRef(kind="Pod", namespace="web", name="b")
    )


async def test_an_empty_cluster_is_a_complete_list(client: KubernetesClient) -> None:
    assert await Reader(client.events()).next() == Relisted(cluster="prod", kind="Event", uids=frozenset())


async def test_events_of_every_kind_and_their_repeats(fake: FakeKubernetes, client: KubernetesClient) -> None:
    fake.put(event("web.1"))
    reader = Reader(client.events())
    first, _ = await reader.take(2)
    assert isinstance(first, EventReport)
    assert (first.object.group, first.object.kind, first.count) == ("apps", "ReplicaSet", 1)
    fake.put(event("web.1", count=4))
    fake.delete("v1", "Event", "web.1", namespace="web")
    repeated, gone = await reader.take(2)
    assert (repeated.uid, repeated.count) == (first.uid, 4)
    assert gone.object == ObjectRef(kind="Event", namespace="web", name="web.1")


async def test_a_clean_end_resumes_without_another_list(fake: FakeKubernetes, client: KubernetesClient) -> None:
    fake.put(pod("a"))
    reader = Reader(client.pods())
    await reader.take(2)
    coming = asyncio.ensure_future(reader.next())
    for number in range(3):
        await until(lambda: fake.watch_count == 1)
        fake.end_watches()
        await until(lambda: fake.watch_count == 0)
        fake.put(pod(f"while-away-{number}"))  # written between two watches
        assert (await coming).object.name == f"while-away-{number}"
        coming = asyncio.ensure_future(reader.next())
    coming.cancel()


async def test_a_bookmark_carries_a_quiet_watch_over_a_compaction(
    fake: FakeKubernetes, client: KubernetesClient
) -> None:
    fake.put(pod("a"))
    reader = Reader(client.pods())
    await reader.take(2)
    coming = asyncio.ensure_future(reader.next())
    await until(lambda: fake.watch_count == 1)
    fake.put(event("elsewhere.1"))  # the version rises without a word about Pods
    await asyncio.sleep(0.2)  # some bookmarks
    fake.compact()
    fake.end_watches()
    await until(lambda: fake.watch_count == 0)
    fake.put(pod("b"))
    assert (await coming).object.name == "b"  # a relist would have told of «a» first


async def test_an_expired_version_lists_again(fake: FakeKubernetes, client: KubernetesClient) -> None:
    fake.put(event("web.1"))
    fake.put(event("web.2"))
    reader = Reader(client.events())
    await reader.take(3)
    coming = asyncio.ensure_future(reader.next())
    await until(lambda: fake.watch_count == 1)
    fake.delete("v1", "Event", "web.1", namespace="web", announce=False)
    fake.put(pod("a"))  # the version rises, and watches of events get no bookmarks
    fake.compact()
    fake.end_watches()
    again, relisted = [await coming, await reader.next()]
    assert again.uid == "uid-web-web.2"
    assert relisted.uids == {"uid-web-web.2"}
    coming = asyncio.ensure_future(reader.next())
    await until(lambda: fake.watch_count == 1)
    fake.put(event("web.3"))
    assert (await coming).uid == "uid-web-web.3"


async def test_a_list_whose_version_expires_between_pages_starts_again_whole(
    fake: FakeKubernetes, client: KubernetesClient
) -> None:
    for name in ("a", "b", "c"):
        fake.put(pod(name))
    reader = Reader(client.pods())
    assert names(await reader.take(2)) == ["a", "b"]
    fake.delete("v1", "Pod", "a", namespace="web")
    fake.put(pod("d"))
    fake.compact()
    assert names(await reader.take(3)) == ["b", "c", "d"]
    assert (await reader.next()).uids == {"uid-web-b", "uid-web-c", "uid-web-d"}


async def test_cut_sockets_are_told(fake: FakeKubernetes, client: KubernetesClient) -> None:
    reader = Reader(client.pods())
    await reader.next()
    coming = asyncio.ensure_future(reader.next())
    await until(lambda: fake.watch_count == 1)
    fake.drop_watches()
    with pytest.raises(Unreachable, match="prod"):
        await coming


async def test_a_server_that_is_away_is_told_and_comes_back(connect: Connect) -> None:
    client = await connect("http://127.0.0.1:1")
    with pytest.raises(Unreachable, match=r"Kubernetes prod can't be reached: .*127\.0\.0\.1:1"):
        await Reader(client.pods()).next()


async def test_a_missing_right_is_told_in_the_servers_words(fake: FakeKubernetes, client: KubernetesClient) -> None:
    fake.forbid("pods", verbs=["watch"])
    reader = Reader(client.pods())
    await reader.next()
    with pytest.raises(Refused, match='pods is forbidden: User "gitops-bot" cannot watch resource "pods"') as refused:
        await reader.next()
    assert (refused.value.status, refused.value.reason) == (403, "Forbidden")


async def test_what_can_not_be_read_is_skipped_and_stays_listed(fake: FakeKubernetes, client: KubernetesClient) -> None:
    odd: Json = pod("odd") | {"spec": {"containers": "none"}}
    fake.put(odd)
    fake.put(pod("plain"))
    reader = Reader(client.pods())
    with capture_logs() as logs:
        reading, relisted = await reader.take(2)
        coming = asyncio.ensure_future(reader.next())
        await until(lambda: fake.watch_count == 1)
        fake.put(odd | {"status": {"phase": "Running"}})
        fake.put(pod("plain", phase="Running"))
        assert (await coming).phase == "Running"
    assert reading.object.name == "plain"
    assert relisted.uids == {"uid-web-odd", "uid-web-plain"}
    assert [log["name"] for log in logs if "skipped" in log["event"]] == ["odd", "odd"]


async def test_a_watch_line_longer_than_the_limit_is_skipped(fake: FakeKubernetes, url: str, connect: Connect) -> None:
    client = await connect(url, pace=Pace(largest_line=20_000, first_pause=0.01))
    reader = Reader(client.events())
    await reader.next()
    coming = asyncio.ensure_future(reader.next())
    await until(lambda: fake.watch_count == 1)
    with capture_logs() as logs:
        fake.put(event("huge") | {"message": "x" * 300_000})
        fake.put(event("small"))
        assert (await coming).uid == "uid-web-small"
    assert any("too long" in log["event"] for log in logs)


class TestNamespaces:
    """Several namespaces are several watches, but `Relisted` speaks for all of them."""

    @pytest.fixture
    async def client(self, url: str, connect: Connect) -> KubernetesClient:
        return await connect(url, namespaces=("one", "two", "one"))

    async def test_others_are_not_read_and_one_list_comes_when_all_are_there(
        self, fake: FakeKubernetes, client: KubernetesClient
    ) -> None:
        for namespace in ("one", "two", "three"):
            fake.put(pod("a", namespace))
        reader = Reader(client.pods())
        readings = await reader.take(3)
        assert {reading.object.namespace for reading in readings[:2]} == {"one", "two"}
        assert readings[2] == Relisted(cluster="prod", kind="Pod", uids=frozenset(("uid-one-a", "uid-two-a")))
        fake.put(pod("b", "three"))
        fake.put(pod("b", "two"))
        assert (await reader.next()).uid == "uid-two-b"

    async def test_a_relist_of_one_keeps_the_others(self, fake: FakeKubernetes, client: KubernetesClient) -> None:
        for namespace in ("one", "two"):
            fake.put(event("a", namespace))
            fake.put(event("b", namespace))
        reader = Reader(client.events())
        await reader.take(5)
        fake.delete("v1", "Event", "b", namespace="two")
        fake.put(event("c", "two"))
        await reader.take(2)
        coming = asyncio.ensure_future(reader.next())
        await until(lambda: fake.watch_count == 2)
        fake.put(pod("a"))
        fake.compact()
        fake.end_watches()
        readings = [await coming, *await reader.take(5)]
        relisted = [reading for reading in readings if isinstance(reading, Relisted)]
        everything = {"uid-one-a", "uid-one-b", "uid-two-a", "uid-two-c"}
        assert [reading.uids for reading in relisted] == [everything, everything]

    async def test_one_that_is_refused_is_told(self, fake: FakeKubernetes, client: KubernetesClient) -> None:
        fake.forbid("pods", namespace="two")
        with pytest.raises(Refused, match='in the namespace "two"'):
            await Reader(client.pods()).take(2)
        await until(lambda: fake.watch_count == 0)

    async def test_closing_ends_every_watch(self, fake: FakeKubernetes, client: KubernetesClient) -> None:
        source = client.pods()
        await Reader(source).next()
        await until(lambda: fake.watch_count == 2)
        await source.aclose()  # type: ignore[attr-defined]  # an async generator
        await until(lambda: fake.watch_count == 0)
