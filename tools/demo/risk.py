"""Scores, limits and stops of the demo, as a credit manager would have set them."""

import math

from odoo.addons.recouvrement_amiable.models.progress import commit_progress
from odoo.addons.recouvrement_amiable.models.score_refresh import ScoreRefresh

# Customers that have a limit: the largest exposures.
LIMITED = 12
# Limits are round.
STEP = 1_000
RULES = (
    {"reason": "over_limit", "at_order": "block", "at_invoice": "warn"},
    {"reason": "overdue", "days": 30, "at_order": "block", "at_delivery": "block"},
    {"reason": "class", "risk_class": "E", "at_order": "warn"},
    {"reason": "manual", "at_order": "block", "at_delivery": "block"},
)


def set_risk(env, company, day):
    """Learn and score on the day, give limits, write the rules.

    :param env: with the day in its context
    """
    company = company.with_env(env)
    env["recouvrement.score.model"]._learn(company, day)
    ScoreRefresh(env, company, day).run()
    env.invalidate_all()
    if not env["recouvrement.stop"].search_count([("company_id", "=", company.id)]):
        env["recouvrement.stop"].create(
            [dict(rule, company_id=company.id) for rule in RULES]
        )
        _give_limits(env, company)
    commit_progress(env)


def _give_limits(env, company):
    rows = (
        env["recouvrement.exposure"]
        .with_company(company)
        .search([("company_id", "=", company.id)], limit=LIMITED)
    )
    reason = env["recouvrement.limit"].with_context(lang=env.user.lang)
    for number, row in enumerate(rows):
        dossier = row.dossier_id
        # one out of four is over it
        share = 0.8 if number % 4 == 0 else 1.5
        amount = math.ceil(row.exposure * share / STEP) * STEP
        limit = reason.create(
            {
                "dossier_id": dossier.id,
                "amount": amount,
                "reason": "Contrat annuel",
            }
        )
        limit.action_approve()
