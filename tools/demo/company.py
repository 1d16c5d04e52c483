"""The company of the demo at work: its people, its bank, its logo."""

import base64
from datetime import timedelta
from pathlib import Path

from .words import WORDS

DATA = Path(__file__).parent / "data"
PASSWORD = "demo"

# a bank that does not exist, with check digits that are right
IBAN = "FR7619999000010001234567815"
BIC = "EXEMFRPPXXX"

# login: name, telephone (from the ranges that are never attributed), group
PEOPLE = {
    "sylvie": ("Sylvie Arnoux", "+33 1 99 00 12 40", "group_credit_manager"),
    "nadege": ("Nadège Le Bihan", "+33 1 99 00 12 41", "group_collector"),
    "hugo": ("Hugo Castel", "+33 1 99 00 12 42", "group_collector_all"),
    "thomas": ("Thomas Rey", "+33 1 99 00 12 50", "group_reader"),
}
CHARGES = "Frais de tenue de compte"


def staff(env):
    """``{login: res.users}``, made at the first call."""
    return {login: _user(env, login) for login in PEOPLE}


def _user(env, login):
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    found = users.search([("login", "=", login)])
    if found:
        return found
    name, phone, group = PEOPLE[login]
    admin = env.ref("base.user_admin")
    return users.create(
        {
            "name": name,
            "login": login,
            "password": PASSWORD,
            "email": f"{login}@exemple-sas.example",
            "phone": phone,
            "lang": admin.lang,
            "tz": admin.tz,
            "group_ids": [
                (4, env.ref("base.group_user").id),
                (4, env.ref(f"recouvrement_amiable.{group}").id),
            ],
        }
    )


def furnish(env):
    """Everything the relances need of the company itself."""
    for language in WORDS:
        # debtors are written to in theirs
        env["res.lang"]._activate_lang(language)
    company = env.ref("base.main_company")
    people = staff(env)
    company.write(
        {
            "logo": base64.b64encode((DATA / "logo.png").read_bytes()),
            "recouvrement_collector_id": people["nadege"].id,
            "recouvrement_manager_id": people["sylvie"].id,
        }
    )
    journal = bank_journal(env)
    if not journal.bank_account_id:
        bank = env["res.bank"].create({"name": "Banque Exemple", "bic": BIC})
        journal.set_bank_account(IBAN, bank.id)
        journal.bank_account_id.allow_out_payment = True


def bank_journal(env):
    return env["account.journal"].search(
        [
            ("type", "=", "bank"),
            ("company_id", "=", env.ref("base.main_company").id),
        ],
        limit=1,
    )


def keep_bank_fresh(env, first, last):
    """Something moves on the bank account at least once a week."""
    days = [first + timedelta(days=n) for n in range(0, (last - first).days, 7)]
    account = env["account.chart.template"].ref("pcg_6278")
    env["account.bank.statement.line"].create(
        [
            {
                "journal_id": bank_journal(env).id,
                "date": day,
                "amount": -8.5,
                "payment_ref": CHARGES,
                "counterpart_account_id": account.id,
            }
            for day in [*days, last]
        ]
    )
