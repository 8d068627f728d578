"""Image references, challenges and manifests: the pure parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.registry.challenges import challenges
from bot.adapters.registry.manifests import BadManifest, fits, manifest, platforms
from bot.adapters.registry.references import BadReference, image_reference

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "registry", "repository", "version"),
    [
        ("nginx", "docker.io", "library/nginx", "latest"),
        ("nginx:1.27", "docker.io", "library/nginx", "1.27"),
        ("windrunner101/k8s-web-app:latest", "docker.io", "windrunner101/k8s-web-app", "latest"),
        ("docker.io/nginx", "docker.io", "library/nginx", "latest"),
        ("index.docker.io/team/app", "docker.io", "team/app", "latest"),
        ("ghcr.io/team/app:v1", "ghcr.io", "team/app", "v1"),
        ("registry:5000/app", "registry:5000", "app", "latest"),
        ("localhost/app:x", "localhost", "app", "x"),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/a/b/c:7", "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
         "a/b/c", "7"),
        (f"quay.io/team/app:v1@{DIGEST}", "quay.io", "team/app", DIGEST),
        (f"app@{DIGEST}", "docker.io", "library/app", DIGEST),
        ("[::1]:5000/app", "[::1]:5000", "app", "latest"),
    ],
)  # fmt: skip
def test_references(text: str, registry: str, repository: str, version: str) -> None:
    image = image_reference(text)
    assert (image.registry, image.repository, image.version) == (registry, repository, version)
    assert image_reference(str(image)).version == version


@pytest.mark.parametrize(
    "text",
    ["", "App", "a//b", "../v2", "ghcr.io/../x", "app:", "app:a b", "app@sha256:short", "app@", "host:99999/app",
     "ghcr.io/a?b", "a" * 600, "ghcr.io/team/app#x", "user@host.com/app", "host.com:/app"],
)  # fmt: skip
def test_what_can_t_name_an_image(text: str) -> None:
    with pytest.raises(BadReference):
        image_reference(text)


@given(st.text(max_size=700))
def test_a_reference_never_leads_elsewhere(text: str) -> None:
    try:
        image = image_reference(text)
    except BadReference:
        return
    assert not set(f"{image.registry}{image.repository}{image.tag}") & set("?#@\\ \n%")
    assert ".." not in image.repository.split("/")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (['Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"'],
         [("bearer", {"realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                      "scope": "repository:a/b:pull"})]),
        (['Basic realm="https://1.dkr.ecr.eu.amazonaws.com/",service="ecr.amazonaws.com"'],
         [("basic", {"realm": "https://1.dkr.ecr.eu.amazonaws.com/", "service": "ecr.amazonaws.com"})]),
        (["Basic realm=x, Bearer realm=y"], [("basic", {"realm": "x"}), ("bearer", {"realm": "y"})]),
        (["Negotiate", 'Bearer realm="a \\"b\\""'], [("negotiate", {}), ("bearer", {"realm": 'a "b"'})]),
        (["", "=;!"], []),
    ],
    ids=["docker-hub", "ecr", "two", "quoted", "odd"],
)  # fmt: skip
def test_challenges(headers: list[str], expected: list[tuple[str, dict[str, str]]]) -> None:
    assert [(item.scheme, dict(item.parameters)) for item in challenges(headers)] == expected


@given(st.lists(st.text(max_size=300), max_size=3))
def test_any_challenge_is_read_to_its_end(headers: list[str]) -> None:
    assert all(item.scheme for item in challenges(headers))


def test_attestations_are_no_platform() -> None:
    read = manifest(
        b'{"manifests":[{"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},'
        b'{"platform":{"os":"unknown","architecture":"unknown"}},{"platform":{"os":"linux","architecture":"arm",'
        b'"variant":"v7"}}]}'
    )
    assert platforms(read.manifests or ()) == ("linux/arm/v7", "linux/arm64")


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"manifests": 3}', b"[" * 10_000, b"\xff"])
def test_no_manifest(body: bytes) -> None:
    with pytest.raises(BadManifest):
        manifest(body)


def test_digests() -> None:
    assert fits(b"", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    assert not fits(b"x", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    assert not fits(b"", "md5:d41d8cd98f00b204e9800998ecf8427e")
