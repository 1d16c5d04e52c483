# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Recouvrement amiable",
    "summary": "Amicable debt collection: relances, dossiers, worklist",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "recouvrement_amiable contributors",
    "depends": ["account"],
    "data": [
        "security/recouvrement_groups.xml",
        "security/ir.model.access.csv",
        "security/recouvrement_rules.xml",
        "data/ir_cron_data.xml",
    ],
    "application": True,
}
