"""The company of the demo, its mail server, and no way out of the machine."""

COMPANY = {
    "name": "Exemple SAS",
    "street": "12 rue de la Paix",
    "zip": "75002",
    "city": "Paris",
    # the numbers that the French administration uses in its own examples
    "vat": "FR44732829320",
    "company_registry": "73282932000074",
    "email": "compta@exemple-sas.example",
    # from the range that is never attributed
    "phone": "+33 1 99 00 12 34",
}
TIME_ZONE = "Europe/Paris"

# nobody listens there: a forgotten call to a paid service fails at once
NOWHERE = "http://127.0.0.1:9"
OUTSIDE_SERVICES = (
    "iap.endpoint",
    "enrich.endpoint",
    "sms.endpoint",
    "snailmail.endpoint",
    "iap.partner_autocomplete.endpoint",
)
OUTSIDE_JOBS = (
    "mail.ir_cron_module_update_notification",
    "partner_autocomplete.ir_cron_partner_autocomplete",
)


def prepare(env, language, smtp_port, address):
    _close_outside(env)
    _name_company(env)
    _set_user(env, language)
    _set_mail_server(env, smtp_port)
    parameters = env["ir.config_parameter"]
    parameters.set_param("web.base.url", address)
    parameters.set_param("web.base.url.freeze", "True")
    parameters.set_param("report.url", address)


def _close_outside(env):
    for name in OUTSIDE_SERVICES:
        env["ir.config_parameter"].set_param(name, NOWHERE)
    for name in OUTSIDE_JOBS:
        job = env.ref(name, raise_if_not_found=False)
        if job:
            job.active = False


def _name_company(env):
    company = env.ref("base.main_company")
    company.write({**COMPANY, "country_id": env.ref("base.fr").id})
    if company.chart_template != "fr":
        env["account.chart.template"].try_loading("fr", company)
    company.partner_id.tz = TIME_ZONE


def _set_user(env, language):
    user = env.ref("base.user_admin")
    user.write({"lang": language, "tz": TIME_ZONE})
    env.ref("base.main_company").partner_id.lang = language
    # who opens the demo must see the accounting in full
    user.group_ids |= env.ref("account.group_account_manager")


def _set_mail_server(env, smtp_port):
    env["ir.mail_server"].search([]).active = False
    env["ir.mail_server"].create(
        {
            "name": "SMTP sink of the demo",
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            "smtp_encryption": "none",
        }
    )
