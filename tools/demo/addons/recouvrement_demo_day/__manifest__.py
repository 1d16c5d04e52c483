# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Recouvrement: day of the demo",
    "summary": "The screens of the demo show the day of its run",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "recouvrement_amiable contributors",
    "depends": ["recouvrement_amiable"],
}
