"""What an installation answers about itself until a story says otherwise (as recorded on 3.6.0)."""

from bot.sandbox.argocd.values import Json


def settings() -> Json:
    """Return GET settings."""
    return {
        "url": "https://argocd.example.com",
        "appLabelKey": "app.kubernetes.io/instance",
        "googleAnalytics": {"anonymizeUsers": True},
        "kustomizeOptions": {"BuildOptions": "", "BinaryPath": "", "Versions": None},
        "help": {},
        "passwordPattern": "^.{8,32}$",
        "trackingMethod": "annotation",
        "controllerNamespace": "argocd",
        "syncWithReplaceAllowed": True,
        "resourceViewEnabled": True,
    }


ANONYMOUS_SETTINGS = ("url", "googleAnalytics", "help", "passwordPattern")


def version() -> Json:
    """Return GET /api/version; the keys are capitalised."""
    return {
        "Version": "v3.6.0+37ee009",
        "BuildDate": "2026-08-22T22:31:32Z",
        "GitCommit": "37ee0097cf",
        "GitTreeState": "clean",
        "GoVersion": "go1.26.8",
        "Compiler": "gc",
        "Platform": "linux/amd64",
        "KustomizeVersion": "(devel) unknown",
        "HelmVersion": "v3.18",
        "JsonnetVersion": "v0.22.0",
    }


def clusters() -> list[Json]:
    """Return the one cluster Argo CD itself runs in."""
    connection = {"status": "Successful", "message": "", "attemptedAt": "2026-11-23T07:58:38Z"}
    return [
        {
            "server": "https://kubernetes.default.svc",
            "name": "in-cluster",
            "config": {"tlsClientConfig": {"insecure": False}},
            "connectionState": connection,
            "serverVersion": "v1.36.2",
            "info": {
                "connectionState": connection,
                "serverVersion": "v1.36.2",
                "cacheInfo": {},
                "applicationsCount": 0,
            },
        }
    ]


def project(name: str) -> Json:
    """Return a project that permits everything, for Applications whose project nobody described."""
    return {
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
        "status": {},
    }
