# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .test_order_stop import OrderStopCommon


@tagged("post_install", "-at_install")
class TestTours(OrderStopCommon, HttpCase):
    """From the refusal to the release, in a real browser."""

    def create_person(self, login, groups):
        return new_test_user(
            self.env,
            login=login,
            name=login.capitalize(),
            lang="en_US",
            groups=f"base.group_user,{groups}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_release(self):
        """Stopped over the limit, asked for, released, confirmed."""
        self._invoice(5, 900)
        self.limit(1000)
        self.rule("over_limit")
        seller = self.create_person("seller", "sales_team.group_sale_salesman")
        decider = self.create_person(
            "decider", "recouvrement_amiable.group_credit_manager"
        )
        self.company.sudo().recouvrement_manager_id = decider
        order = self.order(300, user_id=seller.id)
        address = f"/odoo/sale.order/{order.id}"

        self.start_tour(address, "recouvrement_release_ask", login="seller")
        release = self.env["recouvrement.release"].search([("res_id", "=", order.id)])
        self.assertEqual((release.state, release.asked_by), ("asked", seller))
        self.assertEqual(order.state, "draft")

        self.start_tour("/odoo", "recouvrement_release_grant", login="decider")
        self.assertEqual((release.state, release.decided_by), ("granted", decider))

        self.start_tour(address, "recouvrement_release_used", login="seller")
        self.assertEqual((order.state, release.state), ("sale", "used"))
