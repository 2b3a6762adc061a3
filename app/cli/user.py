"""`flask user create`: makes the first organizer outside the demo."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app.domain.refusals import Refused
from campaigns import people

MIN_PASSWORD = 10
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
    if len(password) < MIN_PASSWORD:
        raise click.ClickException(
            f"密码至少 {MIN_PASSWORD} 位 The password needs at least {MIN_PASSWORD} characters"
        )
    try:
        staff_id = people.create(login, name, role, password)
    except Refused as refused:
        raise click.ClickException(f"登录名已存在 The login {login} is taken") from refused
    click.echo(f"{staff_id} {login} {role}")
