"""Commands only: each reads its arguments, calls what does the work, prints, and exits with 0, 1 or 2.

Heavy modules are imported inside the command that needs them, so that `match` answers at once.
"""

import typer

from bot.cli.bench import bench
from bot.cli.data import audit_app, db_app
from bot.cli.importing import import_report
from bot.cli.knowledge import knowledge_app
from bot.cli.match import match
from bot.cli.policy import policy_app
from bot.cli.replaying import replay
from bot.cli.running import demo, doctor, run, sandbox, why
from bot.cli.scanning import scan
from bot.cli.unknowns import stats, unknowns

app = typer.Typer(
    help="Names the root cause of Argo CD and Kubernetes failures, proves it, and acts safely from Slack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (run, demo, sandbox, why, scan, match, replay, doctor, bench):
    app.command()(command)
knowledge_app.command("import")(import_report)
knowledge_app.command("unknowns")(unknowns)
knowledge_app.command("stats")(stats)
app.add_typer(knowledge_app, name="kb")
app.add_typer(db_app, name="db")
app.add_typer(audit_app, name="audit")
app.add_typer(policy_app, name="policy")
