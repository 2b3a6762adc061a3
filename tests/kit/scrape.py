"""What a platform counts of itself."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.kit.http import Door
from tests.kit.town import Town

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(town: Town) -> Series:
    """Every sample by its name and labels."""
    reply = Door(town.url, token=town.platform_env["METRICS_TOKEN"]).get("/metrics", expect=200)
    families = text_string_to_metric_families(reply.body.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float:
    """One sample; 0 where nothing was counted yet."""
    return series.get((name, frozenset(labels.items())), 0.0)
