"""What is asked of the numbers, and what they look like. Money in fen, counts in vouchers, times in ms."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.fields import Text, Whole

DAY = validate.Regexp(r"^\d{4}-\d{2}-\d{2}\Z")


class FiguresOut(Schema):
    """A batch, or all of them. `redeemed` and `verified_vouchers` are effective; leverage is null without a subsidy.

    `mean_use_ms` and `used_in_day_share`: from claim to redemption, over all redemptions, reversed ones too. A holder
    is counted once a campaign: new if the first redemption on the platform, else returning.
    """

    batch_id = fields.String()
    name = fields.String()
    stock = fields.Integer(metadata={"description": "Issued (发放): how many there are to claim."})
    claimed = fields.Integer()
    available = fields.Integer()
    held = fields.Integer()
    redeemed = fields.Integer()
    expired = fields.Integer()
    revoked = fields.Integer()
    verified_vouchers = fields.Integer()
    reversed = fields.Integer()
    subsidy_fen = fields.Integer()
    direct_fen = fields.Integer()
    leverage = fields.Float(allow_none=True)
    leverage_formula = fields.String()
    new_holders = fields.Integer()
    returning_holders = fields.Integer()
    mean_use_ms = fields.Integer(allow_none=True)
    used_in_day_share = fields.Float(allow_none=True)
    sold_out_at = fields.String(allow_none=True)
    sold_out_after_ms = fields.Integer(allow_none=True)


class AtStoresOut(Schema):
    """`redemptions` and `reversed` count acts; `verified_vouchers` is their difference."""

    redemptions = fields.Integer()
    reversed = fields.Integer()
    verified_vouchers = fields.Integer()
    subsidy_fen = fields.Integer()
    direct_fen = fields.Integer()
    leverage = fields.Float(allow_none=True)


class FlowsOut(AtStoresOut):
    """What happened, each act in the hour in which it happened."""

    claimed = fields.Integer()
    expired = fields.Integer()
    revoked = fields.Integer()


class DayOut(FlowsOut):
    """A Shanghai day."""

    day = fields.String()


class WeekdayOut(FlowsOut):
    """1 is Monday."""

    weekday = fields.Integer()


class HourOut(FlowsOut):
    """An hour of the day, 0 to 23, in Shanghai."""

    hour = fields.Integer()


class StoreFiguresOut(AtStoresOut):
    """A store with where it is and what it sells."""

    store_id = fields.String()
    store = fields.String()
    merchant = fields.String()
    area = fields.String()
    category = fields.String()
    is_small = fields.Boolean()


class AreaOut(AtStoresOut):
    """An area."""

    area = fields.String()


class CategoryOut(AtStoresOut):
    """A category."""

    category = fields.String()


class FunnelOut(Schema):
    """Between two Shanghai days, both included. A code belongs to no campaign: the steps named are platform-wide."""

    first = fields.String()
    last = fields.String()
    platform_wide = fields.List(fields.String())
    displayed = fields.Integer()
    scanned = fields.Integer()
    quoted = fields.Integer()
    redeemed = fields.Integer()


class IndirectIn(Schema):
    """Indirect ÷ direct in hundredths of a per cent (35000 is 3.5), and who says so."""

    factor_bp = Whole(required=True, validate=validate.Range(1, 1_000_000))
    source = Text(required=True, most=200)


class IndirectStatedOut(Schema):
    """What holds from now on."""

    campaign_id = fields.String()
    factor_bp = fields.Integer()
    source = fields.String()


class IndirectOut(Schema):
    """An estimate, never a count."""

    label = fields.String()
    estimate_fen = fields.Integer()
    factor = fields.Float()
    formula = fields.String()
    source = fields.String()
    stated_at = fields.String()


class SideOut(Schema):
    """People of one side of a lottery, and what one of them spent."""

    people = fields.Integer()
    mean_fen = fields.Integer()


class CausalOut(Schema):
    """What a winner spent more than a loser, and that over the subsidy, each with its interval."""

    difference_fen = fields.Integer()
    low_fen = fields.Integer()
    high_fen = fields.Integer()
    leverage = fields.Float(allow_none=True)
    leverage_low = fields.Float(allow_none=True)
    leverage_high = fields.Float(allow_none=True)


class EffectOut(Schema):
    """Winners beside losers; `causal` is null where one side is fewer than two."""

    batch_id = fields.String()
    winners = fields.Nested(SideOut)
    losers = fields.Nested(SideOut)
    subsidy_fen = fields.Integer()
    naive_leverage = fields.Float(allow_none=True)
    naive_formula = fields.String()
    causal = fields.Nested(CausalOut, allow_none=True)
    causal_formula = fields.String()
    confidence = fields.Float()
    spent = fields.String()


class StatisticsOut(Schema):
    """The numbers in total, per batch, and by time and place; `by_store` has the hundred with the most subsidy."""

    campaign = fields.Dict()
    batches = fields.List(fields.Nested(FiguresOut))
    totals = fields.Nested(FiguresOut)
    by_day = fields.List(fields.Nested(DayOut))
    by_weekday = fields.List(fields.Nested(WeekdayOut))
    by_hour = fields.List(fields.Nested(HourOut))
    by_store = fields.List(fields.Nested(StoreFiguresOut))
    stores = fields.Integer()
    by_area = fields.List(fields.Nested(AreaOut))
    by_category = fields.List(fields.Nested(CategoryOut))
    small_shop_share = fields.Float(allow_none=True, metadata={"description": "Of the subsidy."})
    indirect = fields.Nested(IndirectOut, allow_none=True)
    funnel = fields.Nested(FunnelOut, allow_none=True)
    as_of = fields.String()


class DaysIn(Schema):
    """Two Shanghai days, both included."""

    first = fields.String(data_key="from", load_default="2000-01-01", validate=DAY)
    last = fields.String(data_key="to", load_default="2200-12-31", validate=DAY)


class CountersOut(Schema):
    """The three counters of the Ankang code."""

    applied = fields.Integer()
    displayed = fields.Integer()
    verified = fields.Dict()
    by_day = fields.List(fields.Dict())


class SinceIn(Schema):
    """From which second after the opening on."""

    since = fields.Integer(load_default=0, validate=validate.Range(0, 600))


class SecondOut(Schema):
    """Counted from the start of the claim window: 0 is its first second."""

    second = fields.Integer()
    claimed = fields.Integer()


class BatchOpeningOut(Schema):
    """Seconds without a claim are left out."""

    batch_id = fields.String()
    name = fields.String()
    claim_from = fields.String()
    seconds = fields.List(fields.Nested(SecondOut))


class OpeningOut(Schema):
    """Claims by second in the first minutes of each batch that is claimed first come; `is_over`: none can be added."""

    campaign_id = fields.String()
    minutes = fields.Integer()
    since = fields.Integer()
    batches = fields.List(fields.Nested(BatchOpeningOut))
    is_over = fields.Boolean()
    as_of = fields.String()
