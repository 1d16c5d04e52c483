# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Recouvrement amiable: deliveries",
    "summary": "Credit stops at the validation of a delivery",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "recouvrement_amiable contributors",
    "depends": ["recouvrement_amiable", "stock"],
    "auto_install": True,
}
