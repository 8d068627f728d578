"""How the oracle is read (`about` in expected.json)."""

from typing import Any

import pytest

from bot.replay.check import differences

BOTH = ("argocd", "kubernetes")
ORACLE: dict[str, Any] = {
    "incidents": [
        {
            "root": "crd-missing",
            "apps": ["argocd/shop"],
            "symptoms": ["serviceaccount-missing"],
            "sources": ["argocd"],
            "may": ["kubernetes"],
            "end": "open",
        }
    ],
    "tolerated": [{"root": "serviceaccount-missing", "only": ["kubernetes"]}],
    "silent": ["argocd/well"],
}


def incident(root: str = "crd-missing", **change: object) -> dict[str, Any]:
    found = {"root": root, "apps": ["argocd/shop"], "symptoms": [], "state": "open", "posted": True}
    return {**found, **change}


@pytest.mark.parametrize(
    ("incidents", "sources", "problem"),
    [
        ([incident()], BOTH, ""),
        ([incident(apps=["argocd/other", "argocd/shop"])], BOTH, ""),
        ([incident(symptoms=["serviceaccount-missing"])], BOTH, ""),
        ([incident(), incident(root="image-not-found", posted=False)], BOTH, ""),
        ([], ("kubernetes",), ""),
        ([incident()], ("kubernetes",), ""),
        ([incident(root="serviceaccount-missing")], ("kubernetes",), ""),
        ([incident(root="out-of-sync-cascade")], ("kubernetes",), ""),
        ([], BOTH, "missing: crd-missing"),
        ([], ("argocd",), "missing: crd-missing"),
        ([incident(posted=False)], BOTH, "missing: crd-missing"),
        ([incident(state="merged")], BOTH, "missing: crd-missing"),
        ([incident(apps=["argocd/other"])], BOTH, "missing: crd-missing"),
        ([incident(state="resolved")], BOTH, "should end open, is resolved"),
        ([incident(symptoms=["image-not-found"])], BOTH, "folds image-not-found"),
        ([incident(), incident()], BOTH, "not expected: crd-missing"),
        ([incident(), incident(root="serviceaccount-missing")], BOTH, "not expected: serviceaccount-missing"),
        ([incident(), incident(root="out-of-sync-cascade")], BOTH, "not expected: out-of-sync-cascade"),
        ([incident(apps=["argocd/shop", "argocd/well"])], BOTH, "should be silent: argocd/well"),
    ],
    ids=[
        "right", "more applications", "an expected symptom", "held", "not its source", "may find it",
        "tolerated alone", "a bare state of an application that isn't its own to find",
        "none", "none from its source", "not posted", "merged", "another application", "wrong end",
        "a stranger folded", "twice", "tolerated elsewhere", "a bare state beside it", "not silent",
    ],
)  # fmt: skip
def test_differences(incidents: list[dict[str, Any]], sources: tuple[str, ...], problem: str) -> None:
    found = differences(incidents, ORACLE, sources=sources)
    assert any(problem in item for item in found) if problem else found == []
