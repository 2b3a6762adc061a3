"""Pages about what there is to claim: home, a batch, and how a draw is checked."""

from __future__ import annotations

from flask import render_template

from app import sql
from app.ankang import apply
from app.auth import CITIZEN, current_citizen, policy
from app.citizen import offers, wallet_view
from app.citizen.pages import bp
from app.domain.offer import Standing
from app.events.notices import inbox
from app.vouchers import wallet

MOST_OVER = 10
OVER = (Standing.ENDED, Standing.NAMED, Standing.NOT_WON)


@bp.get("/")
@policy(CITIZEN)
def home() -> str:
    """The code one tap away, what one holds, what there is to claim."""
    citizen = current_citizen()
    found = offers.offers(citizen.id)
    held = wallet_view.split(wallet.list_vouchers(citizen.id))
    return render_template(
        "citizen/home.html",
        holder=apply.holder(citizen),
        current=[each for each in found if each["standing"] not in (*OVER, Standing.MINE)],
        mine=[each for each in found if each["standing"] is Standing.MINE],
        over=[each for each in found if each["standing"] in OVER][:MOST_OVER],
        unread=inbox.unread(citizen.id),
        usable=held["usable"],
    )


@bp.get("/batches/<batch_id>")
@policy(CITIZEN)
def show_batch(batch_id: str) -> str:
    """One batch: its rule, its window, its stock, and the one button."""
    citizen_id = current_citizen().id
    found = offers.offer(citizen_id, batch_id)
    with sql.reading() as session:
        mine = wallet.of_batch(session, citizen_id, batch_id)
    return render_template("citizen/batch.html", offer=found, mine=mine)


@bp.get("/batches/<batch_id>/draw")
@policy(CITIZEN)
def show_draw(batch_id: str) -> str:
    """How a draw was bound beforehand, and how anybody checks it afterwards."""
    return render_template("citizen/draw.html", offer=offers.offer(current_citizen().id, batch_id))
