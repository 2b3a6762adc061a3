"""The sweepers: whatever a lost bell, a killed process or a lost Redis left undone is found in SQL and done."""

from app import clock, queue
from app.events import delivery, forgetting, relay
from app.events.notices import reminders, sending, writing
from app.gate import rebuild
from app.vouchers.expire import expire_due
from campaigns import lottery, lottery_run, seals, settlement
from campaigns.exports import files
from campaigns.holds import scanning
from campaigns.payouts import folder
from campaigns.rollups.fold import fold
from campaigns.targets import lease, lists
from workers.context import app_context

PUBLISH, WRITE = "workers.sweep.publish_events", "workers.sweep.write_notices"


def ring_due_settlements() -> str:
    """Ring again for settlement batches that nobody works on."""
    with app_context():
        due = settlement.due(clock.now())
        for settlement_id in due:
            queue.ring(settlement.JOB, settlement_id)
        return f"{len(due)} settlements rung"


def ring_due_target_lists() -> str:
    """Ring again for targeted lists that have work left and that nobody works on."""
    with app_context():
        due = lease.due(clock.now())
        for list_id in due:
            queue.ring(lists.JOB, list_id)
        return f"{len(due)} target lists rung"


def ring_due_lotteries() -> str:
    """Ring for lotteries that are past their close, asked to draw, or left half issued."""
    with app_context():
        due = lottery_run.due(clock.now())
        for batch_id in due:
            queue.ring(lottery.JOB, batch_id)
        return f"{len(due)} lotteries rung"


def ring_due_exports() -> str:
    """Ring again for exports that nobody writes."""
    with app_context():
        due = files.due(clock.now())
        for export_id in due:
            queue.ring(files.JOB, export_id)
        return f"{len(due)} exports rung"


def ring_due_hold_scans() -> str:
    """Ring for campaigns whose new redemptions the rules of cash-out have not seen."""
    with app_context():
        due = scanning.due(clock.now())
        for campaign_id in due:
            queue.ring(scanning.JOB, campaign_id)
        return f"{len(due)} hold scans rung"


def correct_gates() -> str:
    """Rebuild gates that are missing, stuck on a pending note, or sold out while SQL has stock."""
    with app_context():
        return f"{len(rebuild.sweep(clock.now()))} gates rebuilt"


def expire_vouchers() -> str:
    """Let vouchers past their validity lapse."""
    with app_context():
        return f"{expire_due()} vouchers expired"


def seal() -> str:
    """Chain new entries of the audit trail and seal what was posted."""
    with app_context():
        chained, sealed = seals.seal_due() or (0, 0)
        return f"{chained} entries chained, {sealed} seals set"


def exchange_payouts() -> str:
    """Write payout files and questions for the bank, take in what it said."""
    with app_context():
        return folder.exchange()


def roll_up() -> str:
    """Add what is new to the sums that statistics and closings read."""
    with app_context():
        return f"{fold()} steps rolled up"


def publish_events() -> str:
    """Number and publish what transactions told; ring for webhooks that have something to deliver."""
    with app_context():
        published, due = relay.run(queue.Turn(PUBLISH).goes_on), delivery.due(clock.now())
        for webhook_id in due:
            queue.ring(delivery.JOB, webhook_id)
        return f"{published} events published, {len(due)} webhooks rung"


def write_notices() -> str:
    """Write to citizens what the feed says of them; ring for whoever sends it."""
    with app_context():
        written = writing.run(queue.Turn(WRITE).goes_on)
        if sending.is_due(clock.now()):
            queue.ring(sending.JOB)
        return f"{written} notices written"


def remind_of_vouchers() -> str:
    """Tell of vouchers that end in three days."""
    with app_context():
        return f"{reminders.run()} vouchers end soon"


def forget_old() -> str:
    """Delete notices and deliveries that nobody needs any more."""
    with app_context():
        return forgetting.run()
