"""The staff, the citizens, the shops: made once, at the beginning of the town's past."""

from __future__ import annotations

from functools import partial
from secrets import token_urlsafe

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import clock, logins, once, sql, terminal_keys
from app.ankang import apply
from app.ankang.counters import raise_counter
from app.ankang.scan import Till
from app.cli.demo import cast
from app.cli.demo.cast import Shop
from app.cli.demo.town import Firm, Town, key
from app.domain.payout_hold import AccountState
from app.merchants import bank, office, places
from app.models import Citizen
from campaigns import people

Logins = list[dict[str, str]]


def staff() -> dict[str, str]:
    """Somebody for every role; ids by login."""
    return {login: people.create(login, name, role, password) for login, name, role, password in cast.STAFF}


def staff_logins() -> Logins:
    """As whom to sign in at the console."""
    return [
        {"role": role, "login": login, "password": password, "note": name}
        for login, name, role, password in cast.STAFF
    ]


def named_citizens() -> Logins:
    """Those whose phones are printed."""
    for applicant in cast.named():
        apply.apply(applicant, key("demo", "apply"))
    return [
        {"role": "citizen", "phone": one.phone, "note": f"{one.name}，短信验证码见短信文件"}
        for one in cast.named()
    ]


def other_citizens(town: Town) -> None:
    """Everybody else, together."""
    at = clock.now()
    town.applicants = list(cast.others(town.chance))
    rows = [apply.sealed(one, at) for one in town.applicants]
    known = [apply.find_by_phone(one.phone) for one in cast.named()]
    town.citizens = [one.id for one in known if one] + [str(row["id"]) for row in rows]

    def register(session: Session) -> None:
        session.execute(insert(Citizen.__table__), rows)  # type: ignore[arg-type]  # Core: no object for each row
        raise_counter(session, at, "applied", times=len(rows))

    sql.write(register)


def open_shops(town: Town) -> None:
    """Every firm with its stores, tills, owner and bank account."""
    nobody_signs_in = logins.hashed(token_urlsafe(18))
    town.firms = [_firm(town, shop, nobody_signs_in) for shop in cast.SHOPS]


def _firm(town: Town, shop: Shop, password_hash: str) -> Firm:
    terms = {"name": shop.name, "category": shop.category, "is_small": shop.is_small}
    merchant_id = _id(
        town.act("qian", "merchant.create", "", lambda session: places.register(session, terms))
    )
    tills = [till for store in shop.stores for till in _store(town, shop, merchant_id, store)]
    hired = {"login": f"owner-{merchant_id[-8:]}", "name": f"{shop.name}店主", "role": "owner"}
    owner = office_hire(merchant_id, hired | {"password_hash": password_hash})
    account = {
        "bank_name": shop.bank,
        "account_name": shop.name,
        "account_number": f"62284800{town.chance.randrange(10**10):010d}",
    }
    hand_in_account(town, merchant_id, owner, account)
    return Firm(shop, merchant_id, owner, tills)


def _store(town: Town, shop: Shop, merchant_id: str, store: tuple[str, str, str, int]) -> list[Till]:
    name, area, address, tills = store
    terms = {"name": name, "area": area, "address": address}
    made = partial(places.add_store, merchant_id=merchant_id, terms=terms)
    store_id = _id(town.act("qian", "store.create", merchant_id, made))
    ids = [_till(town, store_id, f"收银台 {number}") for number in range(1, tills + 1)]
    return [Till(each, store_id, merchant_id, False, name, shop.name, shop.category, area) for each in ids]


def _till(town: Town, store_id: str, name: str) -> str:
    made = partial(places.add_terminal, store_id=store_id, terms={"name": name, "is_test": False})
    return _id(town.act("qian", "terminal.create", store_id, made))


def office_hire(merchant_id: str, terms: dict[str, str]) -> str:
    """A member of a merchant's staff; the id."""
    return _id(sql.write(lambda session: office.hire(session, merchant_id, terms)))


def hand_in_account(town: Town, merchant_id: str, owner_id: str, account: dict[str, str]) -> str:
    """Where the owner wants its money; the id of this version."""
    handed = partial(bank.hand_in, merchant_id=merchant_id, terms=account, changed_by=owner_id)
    return _id(town.act(owner_id, "bank_account.change", merchant_id, handed))


def verify_accounts(town: Town) -> None:
    """An organizer has compared them with the papers; of one firm they are still missing."""
    with sql.reading() as session:
        waiting = bank.listed(session, AccountState.PENDING.value, None, 100)["items"]
    left_out = town.firms[cast.UNVERIFIED].merchant_id
    for account in waiting:
        if account["merchant_id"] != left_out:
            verify_account(town, account["account_id"])


def verify_account(town: Town, account_id: str) -> None:
    """Seen, and right."""
    decided = partial(
        bank.decide,
        account_id=account_id,
        to=AccountState.VERIFIED,
        actor_id=town.staff["qian"],
        reason="与开户证明一致",
    )
    town.act("qian", "bank_account.verified", account_id, decided, "与开户证明一致")


def counter_logins(town: Town) -> Logins:
    """Who can sign in at the first firm."""
    firm, made = town.firms[0], []
    for role, name, login, password in cast.COUNTER_STAFF:
        office_hire(
            firm.merchant_id,
            {"login": login, "name": name, "role": role, "password_hash": logins.hashed(password)},
        )
        made.append(
            {"role": f"merchant {role}", "login": login, "password": password, "note": firm.shop.name}
        )
    return made


def till_logins(town: Town, firms: int) -> Logins:
    """Keys of the first till of each store of the first so many firms."""
    tills = {till.store_id: till for firm in town.firms[:firms] for till in reversed(firm.tills)}
    made: Logins = []
    for till in tills.values():
        handed = partial(places.hand_out_key, terminal_id=till.terminal_id)
        key_id = _id(town.act("qian", "key.create", till.terminal_id, handed))
        secret = terminal_keys.secret_of(key_id)
        note = f"{till.merchant} {till.store}"
        made.append({"role": "till", "login": key_id, "password": secret, "note": note})
    return made


def _id(answer: once.Answer) -> str:
    return answer.object_id or ""
