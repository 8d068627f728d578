"""Lists, objects, discovery, rights and refusals, over a real socket."""

from typing import Any

import pytest

from bot.sandbox.kubernetes import FakeKubernetes
from tests.sandbox.kubernetes.conftest import START, Client, Json, event, pod

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
PARTIAL = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1,application/json"


async def listed(client: Client, path: str, **query: str) -> list[str]:
    response = await client.get(path, params=query)
    assert response.status == 200, await response.text()
    return [item["metadata"]["name"] for item in (await response.json())["items"]]


async def refused(client: Client, path: str, *, method: str = "GET", **query: str) -> tuple[int, str, str]:
    response = await client.request(method, path, params=query)
    body = await response.json()
    assert (body["kind"], body["status"], body["code"]) == ("Status", "Failure", response.status)
    return response.status, body["reason"], body["message"]


def test_what_is_put_is_filled_in(fake: FakeKubernetes) -> None:
    first = fake.objects("v1", "Pod")[0]["metadata"]
    assert (first["creationTimestamp"], len(first["uid"])) == ("2026-11-23T08:00:00Z", 36)
    changed = fake.put(pod() | {"status": {"phase": "Running"}})["metadata"]
    assert (changed["uid"], changed["creationTimestamp"]) == (first["uid"], first["creationTimestamp"])
    assert int(changed["resourceVersion"]) > int(first["resourceVersion"])
    assert START.isoformat().startswith("2026-11-23T08")


def test_versions_always_rise(fake: FakeKubernetes) -> None:
    versions = []
    for number, given in enumerate(("700", "5", "")):
        obj = pod(f"p{number}")
        obj["metadata"]["resourceVersion"] = given
        versions.append(fake.put(obj)["metadata"]["resourceVersion"])
    assert versions == ["700", "701", "702"]


def test_what_was_put_can_not_be_changed_from_outside(fake: FakeKubernetes) -> None:
    given = pod("mine")
    stored = fake.put(given)
    given["status"]["phase"] = stored["status"]["phase"] = "Failed"
    assert [obj["status"]["phase"] for obj in fake.objects("v1", "Pod")] == ["Pending", "Pending"]


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        ({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "x"}}, "serve_kind first"),
        ({"apiVersion": "apps/v2", "kind": "Deployment", "metadata": {"name": "x"}}, "not served"),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}, "needs a namespace"),
        ({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "x", "namespace": "y"}}, "has no namespace"),
    ],
    ids=["kind", "version", "no namespace", "a namespace"],
)
def test_what_can_not_be_put(fake: FakeKubernetes, obj: Json, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fake.put(obj)


def test_deleting_what_is_not_there(fake: FakeKubernetes) -> None:
    with pytest.raises(KeyError, match="no Pod web/absent"):
        fake.delete("v1", "Pod", "absent", namespace="web")


async def test_namespaces(fake: FakeKubernetes, client: Client) -> None:
    fake.put(pod("other", "a"))
    fake.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
    assert await listed(client, "/api/v1/pods") == ["other", "web"]
    assert await listed(client, "/api/v1/namespaces/web/pods") == ["web"]
    assert await listed(client, "/api/v1/namespaces/nowhere/pods") == []
    assert await listed(client, "/api/v1/namespaces") == ["a"]
    assert (await client.get("/api/v1/namespaces/a")).status == 200
    assert (await client.get("/api/v1/namespaces/a/status")).status == 200


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"fieldSelector": "metadata.name=api"}, ["api"]),
        ({"fieldSelector": "metadata.namespace!=web"}, ["db"]),
        ({"fieldSelector": "spec.nodeName==node-a,status.phase=Pending"}, ["db", "api", "web"]),
        ({"labelSelector": "tier=front"}, ["api"]),
        ({"labelSelector": "tier!=front"}, ["db", "web"]),
        ({"labelSelector": "tier in (front, back),env"}, ["api"]),
        ({"labelSelector": "tier notin (front,back)"}, ["web"]),
        ({"labelSelector": "!tier"}, ["web"]),
        ({"labelSelector": "tier=front", "fieldSelector": "metadata.name=web"}, []),
    ],
    ids=str,
)
async def test_selectors(fake: FakeKubernetes, client: Client, query: dict[str, str], names: list[str]) -> None:
    fake.put(pod("api", tier="front", env="prod"))
    fake.put(pod("db", "data", tier="back"))
    assert await listed(client, "/api/v1/pods", **query) == names


@pytest.mark.parametrize("path", ["involvedObject.name", "involvedObject.kind", "reason", "type", "source"])
async def test_events_are_selected_by_what_they_are_about(fake: FakeKubernetes, client: Client, path: str) -> None:
    fake.put(event("one", about="a", kind="Job") | {"reason": "r", "type": "Normal", "source": {"component": "c"}})
    fake.put(event("two", about="b"))
    value = {"involvedObject.name": "a", "involvedObject.kind": "Job", "reason": "r", "type": "Normal", "source": "c"}
    assert await listed(client, "/api/v1/events", fieldSelector=f"{path}={value[path]}") == ["one"]


async def test_pages_are_of_one_version(fake: FakeKubernetes, client: Client) -> None:
    for name in ("a", "b", "c"):
        fake.put(pod(name))
    first = await (await client.get("/api/v1/pods?limit=2")).json()
    assert first["metadata"]["remainingItemCount"] == 2
    fake.delete("v1", "Pod", "c", namespace="web")
    fake.put(pod("aa"))
    fake.put(pod("d"))
    fake.put(pod("web") | {"status": {"phase": "Running"}})
    query = {"limit": "2", "continue": first["metadata"]["continue"]}
    second = await (await client.get("/api/v1/pods", params=query)).json()
    assert [(item["metadata"]["name"], item["status"]["phase"]) for item in second["items"]] == [
        ("c", "Pending"),
        ("web", "Pending"),
    ]
    assert second["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}


async def test_an_expired_page_offers_an_inconsistent_rest(fake: FakeKubernetes, client: Client) -> None:
    for name in ("a", "b", "c"):
        fake.put(pod(name))
    first = await (await client.get("/api/v1/pods?limit=2")).json()
    fake.put(pod("d"))
    fake.compact()
    response = await client.get("/api/v1/pods", params={"limit": "2", "continue": first["metadata"]["continue"]})
    body = await response.json()
    assert (response.status, body["reason"]) == (410, "Expired")
    assert "too old to display a consistent list result" in body["message"]
    assert await listed(client, "/api/v1/pods", **{"continue": body["metadata"]["continue"]}) == ["c", "d", "web"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"continue": "!!"}, 400, "illegal base64"),
        ({"continue": "e30"}, 400, "does not recognize this encoded version"),
        ({"limit": "many"}, 400, "limit"),
        ({"limit": "-1"}, 400, "limit"),
        ({"resourceVersion": "x"}, 400, "resourceVersion"),
        ({"resourceVersion": "99999"}, 504, "Too large resource version"),
        ({"resourceVersion": "1", "resourceVersionMatch": "Exact"}, 410, "too old"),
        ({"resourceVersionMatch": "Exact"}, 400, "resourceVersionMatch is forbidden"),
        ({"fieldSelector": "spec.image=x"}, 400, "field label not supported: spec.image"),
        ({"fieldSelector": "nonsense"}, 400, "invalid selector"),
        ({"labelSelector": "a b c"}, 400, "unable to parse requirement"),
        ({"watch": "1", "sendInitialEvents": "true"}, 400, "resourceVersionMatch"),
    ],
    ids=str,
)
async def test_refused_parameters(
    fake: FakeKubernetes, client: Client, query: dict[str, str], status: int, words: str
) -> None:
    fake.put(pod("other"))
    fake.compact()
    answered, _, message = await refused(client, "/api/v1/pods", **query)
    assert answered == status
    assert words in message


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/namespaces/web/pods/absent", 'pods "absent" not found'),
        ("/apis/apps/v1/namespaces/web/deployments/absent", 'deployments.apps "absent" not found'),
        ("/api/v1/widgets", "could not find the requested resource"),
        ("/api/v1/pods/web", "could not find the requested resource"),
        ("/api/v1/namespaces/web/nodes", "could not find the requested resource"),
        ("/api/v1/namespaces/web/pods/web/unknown", "could not find the requested resource"),
        ("/api/v1/namespaces/web/pods/web/status/deeper", "could not find the requested resource"),
    ],
)
async def test_what_is_not_there(client: Client, path: str, words: str) -> None:
    status, reason, message = await refused(client, path)
    assert (status, reason) == (404, "NotFound")
    assert words in message


@pytest.mark.parametrize("path", ["/apis/example.com", "/apis/example.com/v1", "/apis/example.com/v1/things", "/nope"])
async def test_what_no_api_serves(client: Client, path: str) -> None:
    response = await client.get(path)
    assert (response.status, response.content_type) == (404, "text/plain")
    assert await response.text() == "404 page not found\n"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v1/namespaces/web/pods", 403),
        ("DELETE", "/api/v1/namespaces/web/pods/web", 403),
        ("PATCH", "/apis/apps/v1/namespaces/web/deployments/web", 403),
        ("PUT", "/api/v1/namespaces/web/pods/web/status", 403),
        ("POST", "/api/v1/namespaces/web/pods/web", 405),
        ("PUT", "/api/v1/namespaces/web/pods", 405),
        ("POST", "/version", 405),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405),
    ],
)
async def test_nothing_can_be_written(
    fake: FakeKubernetes, client: Client, method: str, path: str, status: int
) -> None:
    before = fake.objects("v1", "Pod")
    assert (await refused(client, path, method=method))[0] == status
    assert fake.objects("v1", "Pod") == before


async def test_rights(fake: FakeKubernetes, client: Client) -> None:
    fake.forbid("pods", verbs=["list"])
    fake.forbid("deployments.apps", namespace="web")
    assert (await refused(client, "/api/v1/pods"))[2] == (
        'pods is forbidden: User "gitops-bot" cannot list resource "pods" in API group "" at the cluster scope'
    )
    assert (await client.get("/api/v1/namespaces/web/pods/web")).status == 200
    assert (await refused(client, "/apis/apps/v1/namespaces/web/deployments/x"))[2] == (
        'deployments.apps "x" is forbidden: User "gitops-bot" cannot get resource "deployments" '
        'in API group "apps" in the namespace "web"'
    )
    assert await listed(client, "/apis/apps/v1/namespaces/other/deployments") == []
    assert (await refused(client, "/apis/apps/v1/deployments"))[0] == 403
    fake.allow("pods")
    assert await listed(client, "/api/v1/pods") == ["web"]
    assert (await refused(client, "/api/v1/secrets"))[0] == 403


@pytest.mark.parametrize(
    ("attributes", "allowed"),
    [
        ({"verb": "list", "resource": "pods"}, True),
        ({"verb": "get", "resource": "secrets", "namespace": "web"}, False),
        ({"verb": "delete", "resource": "pods"}, False),
        ({"verb": "watch", "resource": "deployments", "group": "apps"}, False),
    ],
    ids=str,
)
async def test_access_reviews(fake: FakeKubernetes, client: Client, attributes: Json, allowed: bool) -> None:
    fake.forbid("deployments.apps", verbs=["watch"])
    review = {"kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    response = await client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json=review)
    body = await response.json()
    assert (response.status, body["status"]["allowed"]) == (201, allowed)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"spec": 1}'], ids=repr)
async def test_an_access_review_that_is_none(client: Client, body: str) -> None:
    response = await client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", data=body)
    assert response.status == 400


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"Authorization": "x"}])
async def test_only_the_token_opens(client: Client, headers: dict[str, str]) -> None:
    assert (await client.get("/api/v1/pods", headers=headers)).status == 401
    assert (await client.get("/version", headers=headers)).status == 401


async def test_health(client: Client) -> None:
    for path in ("/readyz", "/livez"):
        assert await (await client.get(path)).text() == "ok"


async def test_metadata_alone(client: Client) -> None:
    one = await (await client.get("/api/v1/namespaces/web/pods/web", headers={"Accept": PARTIAL.format("")})).json()
    assert (one["kind"], set(one)) == ("PartialObjectMetadata", {"kind", "apiVersion", "metadata"})
    many = await (await client.get("/api/v1/pods", headers={"Accept": PARTIAL.format("List")})).json()
    assert (many["kind"], [set(item) for item in many["items"]]) == ("PartialObjectMetadataList", [set(one)])


class TestDiscovery:
    async def test_groups(self, client: Client) -> None:
        assert (await (await client.get("/api")).json())["versions"] == ["v1"]
        groups = (await (await client.get("/apis")).json())["groups"]
        apps = next(group for group in groups if group["name"] == "apps")
        assert apps["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
        assert await (await client.get("/apis/apps")).json() == {"kind": "APIGroup", "apiVersion": "v1"} | apps

    async def test_resources(self, client: Client) -> None:
        body = await (await client.get("/apis/apps/v1")).json()
        assert (body["kind"], body["groupVersion"]) == ("APIResourceList", "apps/v1")
        found = {item["name"]: item for item in body["resources"]}
        assert (found["deployments"]["kind"], found["deployments"]["namespaced"]) == ("Deployment", True)
        assert found["deployments/status"]["verbs"] == ["get", "patch", "update"]

    async def test_a_custom_kind_comes_and_goes(self, fake: FakeKubernetes, client: Client) -> None:
        fake.serve_kind("monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules", namespaced=True)
        fake.put({"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"} | {"metadata": _rules()})
        assert (await client.get("/apis/monitoring.coreos.com/v1")).status == 200
        assert await listed(client, "/apis/monitoring.coreos.com/v1/prometheusrules") == ["rules"]
        fake.stop_serving("monitoring.coreos.com", "PrometheusRule")
        assert (await client.get("/apis/monitoring.coreos.com/v1/prometheusrules")).status == 404
        fake.serve_kind("monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules", namespaced=True)
        assert await listed(client, "/apis/monitoring.coreos.com/v1/prometheusrules") == []
        with pytest.raises(ValueError, match="not served here"):
            fake.stop_serving("monitoring.coreos.com", "Absent")

    @pytest.mark.parametrize("path", ["/api", "/apis"])
    async def test_aggregated(self, client: Client, path: str) -> None:
        response = await client.get(path, headers={"Accept": f"{AGGREGATED},application/json"})
        assert response.headers["Content-Type"] == AGGREGATED
        items: list[Any] = (await response.json())["items"]
        kinds = {
            (item["metadata"].get("name", ""), version["version"], resource["responseKind"]["kind"])
            for item in items
            for version in item["versions"]
            for resource in version["resources"]
        }
        assert (("", "v1", "Pod") if path == "/api" else ("apps", "v1", "Deployment")) in kinds


def _rules() -> Json:
    return {"name": "rules", "namespace": "web"}
