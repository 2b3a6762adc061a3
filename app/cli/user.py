"""`flask user`: the first organizer outside the demo; a second factor that nobody else can take away."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app import audit_trail, sql, totp
from app.domain.refusals import Refused
from campaigns import people

CONSOLE = "console"  # who holds the machine, in the trail
group = AppGroup("user", help="Members of staff.")


@group.command("create")
@click.argument("login")
@click.option("--role", type=click.Choice(people.ROLES), required=True)
@click.option("--name", required=True, help="The person's name, for the audit trail.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking."
)
def create(login: str, role: str, name: str, password_stdin: bool) -> None:
    """Make a login for a member of staff."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("密码 Password", hide_input=True, confirmation_prompt=True)
    if len(password) < people.MIN_PASSWORD:
        raise click.ClickException(
            f"密码至少 {people.MIN_PASSWORD} 位 The password needs at least {people.MIN_PASSWORD} characters"
        )
    try:
        staff_id = people.create(login, name, role, password)
    except Refused as refused:
        raise click.ClickException(f"登录名已存在 The login {login} is taken") from refused
    click.echo(f"{staff_id} {login} {role}")


@group.command("forget-totp")
@click.argument("login")
@click.option("--reason", required=True, help="Why, for the audit trail.")
def forget_totp(login: str, reason: str) -> None:
    """Take away a second factor where no other organizer can."""

    def forget(session: Session) -> None:
        staff_id = totp.forget(session, login, actor_id=CONSOLE)
        audit_trail.done(session, CONSOLE, "totp.reset", staff_id, reason)

    try:
        sql.write(forget)
    except Refused as refused:
        raise click.ClickException(f"{refused.refusal.zh} {refused.refusal.en}") from refused
    click.echo(f"{login}: 动态口令已解除 forgotten")
