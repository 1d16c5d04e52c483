# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Recouvrement amiable: sales",
    "summary": "Credit stops at order confirmation, orders in the exposure",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "recouvrement_amiable contributors",
    "depends": ["recouvrement_amiable", "sale"],
    "data": [
        "views/sale_order_views.xml",
        "views/sale_portal_templates.xml",
    ],
    "assets": {
        "web.assets_tests": ["recouvrement_amiable_sale/static/tests/tours/*.js"],
    },
    "auto_install": True,
}
