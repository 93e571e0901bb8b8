"""`scaleops manifest`: what connects a series to KEDA, an HPA, Prometheus, Grafana or Telegraf."""

import sys
from typing import Annotated

import typer

from backend.cli.output import problems_end_the_command, read_settings
from backend.cli.planning import planned_series
from backend.cli.policies import with_policy_options

Series = Annotated[str, typer.Argument(help="The name of a stored series.")]
Kind = Annotated[str, typer.Argument(help="scaled-object, hpa, prometheus-rules …: a wrong one has them all named.")]
Url = Annotated[str, typer.Option(help="Where the server is reached from there.")]
Namespace = Annotated[str, typer.Option(help="Of what is scaled.")]
Deployment = Annotated[str | None, typer.Option(help="What is scaled.", show_default="the series' name")]
Running = Annotated[int | None, typer.Option(min=1, help="Replicas that run: says whether an HPA acts.")]


@with_policy_options
def manifest(
    series: Series,
    kind: Kind,
    *,
    url: Url = "http://scaleops:8000",
    namespace: Namespace = "default",
    deployment: Deployment = None,
    current_replicas: Running = None,
    changes: dict[str, str],
) -> None:
    """Print a manifest, filled in with the values of the series and of its policy."""
    from backend.access import Access, Right
    from backend.capacity.manifests import MANIFESTS

    settings = read_settings()
    row = next((row for name, row in MANIFESTS.items() if name == kind), None)
    if row is None:
        raise typer.BadParameter(f"{kind} is none of {', '.join(MANIFESTS)}", param_hint="KIND")
    with problems_end_the_command(), planned_series(settings, series) as planned:
        planning = planned.planning
        subject = planning.subject(
            planned.series,
            planning.policy(series, changes),
            url=url,
            asks=Access(settings).asks_for(Right.READ),
            namespace=namespace,
            deployment=deployment,
            prometheus_url=settings.prometheus_url,
            current_replicas=current_replicas,
        )
        sys.stdout.write(row.text(subject))
