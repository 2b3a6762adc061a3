"""The table of periods: what is rung for, and how often in seconds."""

SCHEDULE: tuple[tuple[str, int], ...] = (
    ("workers.sweep.ring_due_settlements", 5),
    ("workers.sweep.ring_due_target_lists", 5),
    ("workers.sweep.ring_due_lotteries", 5),
    ("workers.sweep.ring_due_exports", 5),
    ("workers.sweep.ring_due_hold_scans", 60),
    ("workers.sweep.correct_gates", 5),
    ("workers.sweep.roll_up", 10),
    ("workers.sweep.publish_events", 5),
    ("workers.sweep.write_notices", 5),
    ("workers.sweep.remind_of_vouchers", 60),
    ("workers.sweep.expire_vouchers", 20),
    ("workers.sweep.seal", 60),
    ("workers.sweep.exchange_payouts", 60),
    ("workers.sweep.forget_old", 3_600),
)
