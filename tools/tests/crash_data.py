"""Data of the crash tests, made inside Odoo."""

from datetime import date, timedelta


def fill(env, day, port, customers):
    """A live company with late customers and a mail server on loopback.

    Each customer gets an e-mail, a letter and a call.
    """
    today = date.fromisoformat(day)
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading("fr", company, install_demo=False)
    company.write(
        {
            "recouvrement_test_mode": False,
            "recouvrement_bank_policy": "warn",
            "recouvrement_collector_id": env.ref("base.user_admin").id,
            "email": "compta@exemple.example",
        }
    )
    env.ref("base.user_admin").email = "compta@exemple.example"
    env["recouvrement.scenario"].search([]).write({"by_hand": True})
    env["recouvrement.scenario"].create(
        {
            "name": "Crash",
            "level_ids": [
                (
                    0,
                    0,
                    {
                        "name": "First",
                        "delay": 3,
                        "subject": "Relance",
                        "body": "<p>{{amount_due}} is due.</p>",
                        "channel_email": True,
                        "channel_letter": True,
                        "channel_call": True,
                    },
                )
            ],
        }
    )
    # Nobody serves pages here: the PDF engine is not to wait for them.
    env["ir.config_parameter"].set_param("report.url", "http://127.0.0.1:9")
    env["ir.mail_server"].search([]).unlink()
    env["ir.mail_server"].create(
        {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": port}
    )
    partners = env["res.partner"].create(
        [
            {
                "name": f"Customer {number}",
                "is_company": True,
                "email": f"customer{number}@client.example",
                "phone": f"02 96 00 00 {number:02}",
                "street": f"{number + 1} rue du Port",
                "zip": "22000",
                "city": "Saint-Brieuc",
            }
            for number in range(customers)
        ]
    )
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": today - timedelta(days=40),
                "invoice_date_due": today - timedelta(days=4),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    (0, 0, {"name": "Work", "price_unit": 100.0, "tax_ids": []})
                ],
            }
            for partner in partners
        ]
    )
    moves.action_post()
    return len(moves)


def run_disturbed(env, day):
    """The run of a day, while somebody opens the worklist as it opens the dossiers.

    :return: how often the run opened them
    """
    from odoo import api

    Dossier = env.registry["recouvrement.dossier"]
    open_missing = Dossier._open_missing
    times = []

    def disturbed(self, days):
        times.append(self)
        if len(times) == 1:
            with env.registry.cursor() as cr:
                other = api.Environment(cr, api.SUPERUSER_ID, {})
                dossiers = other["recouvrement.dossier"]
                dossiers._gather_accounts(other.company)
                open_missing(dossiers, days)
        return open_missing(self, days)

    Dossier._open_missing = disturbed
    try:
        on_day = env(context={"recouvrement_day": day})
        on_day["recouvrement.run"]._cron_plan()
    finally:
        Dossier._open_missing = open_missing
    return len(times)
