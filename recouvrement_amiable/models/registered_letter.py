# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tools import SQL

# Day on which a registered formal notice takes effect. C. civ. 1344 does not fix it:
# the company says which one counts (``c``: res_company, ``x``: recouvrement_delivery).
# Who signed was presented the letter that day at the latest; who did not fetch it
# cannot put its effect off by that.
NOTICE_DAY = SQL(
    """
    CASE c.recouvrement_notice_basis
         WHEN 'posted' THEN x.posted_on
         WHEN 'received' THEN COALESCE(
              x.received_on,
              CASE WHEN x.returned_on IS NOT NULL THEN x.presented_on END)
         ELSE COALESCE(x.presented_on, x.received_on) END
    """
)
