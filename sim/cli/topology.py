"""The command `sim topology`."""

import click

from sim.cli.completing import PICTURE
from sim.cli.options import inputs, manifests_of, save_picture, theme_option, warn


@click.command()
@inputs
@click.option(
    "--chart",
    "--out",
    "chart",
    type=PICTURE,
    metavar="FILE",
    help="Write a picture (.png or .svg) instead of the tree.",
)
@theme_option
@click.option("--policies", is_flag=True, help="Say who may talk to whom, by NetworkPolicies.")
@click.option("--url", metavar="URL", help="Draw the path of this request into the picture.")
def topology(
    files: tuple[str, ...],
    namespace: str,
    chart: str | None,
    policies: bool,
    url: str | None,
    chart_theme: str,
) -> int:
    """The graph: client, load balancer, nodes, controller, Services, Pods.

    For example: sim topology -f manifests/ --chart graph.png
    """
    from sim.errors import UsageError
    from sim.routing.building import build

    if policies and (chart or url):
        raise UsageError("--policies is a list of text: leave --chart and --url out")
    manifests = manifests_of(files, namespace)
    warn(manifests)
    cluster = build(manifests)
    if policies:
        from sim.analysis.who_may_talk import who_may_talk
        from sim.report.text import terminal
        from sim.report.text.policies import policy_lines

        terminal.show_text(list(policy_lines(who_may_talk(cluster))))
    elif chart is None:
        from sim.report.text import terminal
        from sim.report.text.topology import text_tree

        terminal.show_text(text_tree(cluster).splitlines())
    else:
        from sim.analysis.trace import Client
        from sim.report.topology.picture import topology_picture
        from sim.routing import Request

        found = Client(cluster).trace(Request.parse(url)) if url else None
        save_picture(topology_picture(cluster, found, theme=chart_theme), chart)
    return 0
