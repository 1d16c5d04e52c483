# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.exceptions import AccessError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged

from .common import TODAY, RecouvrementCommon
from .test_conventions import own_classes, own_models

OWN_RULE = "[('create_uid', '=', user.id)]"


class TwoCompaniesCommon(RecouvrementCommon):
    """A night of two companies, and a credit manager of each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theirs = cls.setup_other_company()["company"]
        cls.theirs.sudo().write(
            {
                "recouvrement_test_mode": False,
                "recouvrement_bank_policy": "warn",
                "recouvrement_collector_id": cls.env.uid,
                "recouvrement_manager_id": cls.env.uid,
            }
        )
        cls.level1.channel_call = True
        cls.me = cls._manager("mine", cls.company)
        cls.stranger = cls._manager("theirs", cls.theirs)
        cls.mine = cls._night(cls.company)
        cls.other = cls._night(cls.theirs)

    @classmethod
    def _manager(cls, login, company):
        return new_test_user(
            cls.env(su=True),
            login,
            groups="base.group_user,recouvrement_amiable.group_credit_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def _night(cls, company):
        """What a run, a dry run and a person leave in a company, by model."""
        env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=company.ids), su=True
        )
        invoice = cls._invoice(3, company=company)
        left_out = cls._invoice(3, company=company)
        exclusion = env["recouvrement.exclusion"].create(
            {
                "company_id": company.id,
                "move_id": left_out.id,
                "reason": "Wrong price",
                "until": TODAY,
            }
        )
        run = cls._run(company=company)
        env["recouvrement.delivery"]._cron_send()
        dry = env["recouvrement.run"]._dry_run(company, TODAY)
        relance = run.line_ids.relance_id
        scenario = cls._create_scenario("Of one", company_id=company.id)
        found = {
            "res.company": company,
            "account.move": invoice,
            "account.move.line": invoice.line_ids.filtered("date_maturity"),
            "recouvrement.exclusion": exclusion,
            "recouvrement.run": run,
            "recouvrement.run.line": dry.line_ids,
            "recouvrement.relance": relance,
            "recouvrement.dossier": relance.dossier_id,
            "recouvrement.delivery": relance.delivery_ids.filtered(
                lambda delivery: delivery.channel == "call"
            ),
            "recouvrement.scenario": scenario,
        }
        for name, records in found.items():
            assert len(records) == 1, (name, records)
        return found

    @staticmethod
    def _selection(found):
        return {
            "dossier_ids": [Command.set(found["recouvrement.dossier"].ids)],
            "move_ids": [],
        }

    def _links(self):
        """``(model, field, other values)`` of what a caller may point elsewhere."""
        selection = self._selection(self.mine)
        until = {"until": TODAY}
        reason = {"reason": "Because"}
        level = {"level_id": self.level2.id}
        parents = {
            name: self.env[name].with_user(self.me).create(values).id
            for name, values in (
                ("recouvrement.exclude", {**selection, **reason}),
                ("recouvrement.call.result", {**self._call(), "result": "reached"}),
            )
        }
        call, exclude = "recouvrement.call.result", "recouvrement.exclude"
        return [
            ("recouvrement.relance.now", "dossier_ids", {"move_ids": [], **level}),
            ("recouvrement.relance.now", "move_ids", {**selection, **level}),
            ("recouvrement.pause", "dossier_ids", {"move_ids": [], **reason, **until}),
            (exclude, "dossier_ids", {"move_ids": [], **reason}),
            (exclude, "move_ids", {**selection, **reason}),
            ("recouvrement.decision", "dossier_ids", {"move_ids": []}),
            ("recouvrement.claim.statement", "dossier_ids", {"move_ids": []}),
            (f"{exclude}.line", "move_line_id", {"wizard_id": parents[exclude]}),
            (call, "delivery_id", {"result": "reached"}),
            (f"{call}.line", "move_line_id", {"wizard_id": parents[call]}),
            ("recouvrement.class.choice", "dossier_id", {"risk_class": "c", **reason}),
            ("recouvrement.refuse", "relance_ids", reason),
            ("recouvrement.dry.run", "company_id", {"date": TODAY}),
            ("recouvrement.run.preview", "line_id", {}),
            ("recouvrement.text.reader", "scenario_ids", {"lang": "en_US"}),
            ("recouvrement.go.live", "company_id", {}),
        ]

    def _call(self):
        return {"delivery_id": self.mine["recouvrement.delivery"].id}

    @staticmethod
    def _value(field, found):
        records = found[field.comodel_name]
        return records.id if field.type == "many2one" else [Command.set(records.ids)]


@tagged("post_install", "-at_install")
class TestCompanies(TwoCompaniesCommon):
    """Who works for one company sees nothing of another."""

    def test_nothing_of_another_company(self):
        read = set()
        own = [("company_id", "=", self.company.id)]
        for model in own_models(self.env):
            if "company_id" not in model._fields or model._abstract:
                continue
            if model._transient:
                continue
            known = model.sudo().search(own)
            theirs = model.with_user(self.stranger).with_context(
                allowed_company_ids=self.theirs.ids
            )
            with self.subTest(model=model._name):
                if theirs.has_access("read"):
                    self.assertFalse(theirs.search(own))
                if known:
                    read.add(model._name)
                    self.assertFalse(self._read(theirs.browse(known[:1].ids)))
        wanted = {
            "recouvrement.dossier",
            "recouvrement.relance",
            "recouvrement.relance.line",
            "recouvrement.delivery",
            "recouvrement.run",
            "recouvrement.run.line",
            "recouvrement.exclusion",
            "recouvrement.worklist",
            "recouvrement.open.item",
            "recouvrement.scenario",
            "recouvrement.level",
        }
        self.assertFalse(wanted - read)
        # and one's own is there: the rules are not merely closed
        mine = self.env["recouvrement.dossier"].with_user(self.me).search(own)
        self.assertEqual(mine, self.mine["recouvrement.dossier"])

    def _read(self, records):
        """What is seen: a read model has no row where others have a refusal."""
        self.env.invalidate_all()
        try:
            return records.read(["company_id"])
        except AccessError:
            return []


@tagged("post_install", "-at_install")
class TestWindows(TwoCompaniesCommon):
    """A window shows its user what that user may see, and is nobody else's."""

    def test_every_window_is_its_user_s(self):
        for model in own_models(self.env):
            if not model._transient:
                continue
            with self.subTest(model=model._name):
                rules = (
                    self.env["ir.rule"]
                    .sudo()
                    .search([("model_id.model", "=", model._name)])
                )
                everybody = rules.filtered(lambda rule: not rule.groups)
                self.assertEqual(everybody.mapped("domain_force"), [OWN_RULE])
                self.assertTrue(hasattr(model, "_check_links"))

    def test_a_window_is_not_read_by_a_colleague(self):
        wizard = (
            self.env["recouvrement.pause"]
            .with_user(self.me)
            .create({"reason": "Secret", **self._selection(self.mine)})
        )
        colleague = self._manager("colleague", self.company)
        self.assertEqual(wizard.read(["reason"])[0]["reason"], "Secret")
        with self.assertRaises(AccessError):
            wizard.with_user(colleague).read(["reason"])
        self.assertFalse(wizard.with_user(colleague).search([]))

    def test_windows_do_not_point_at_another_company(self):
        for model, name, values in self._links():
            Model = self.env[model].with_user(self.me)
            field = Model._fields[name]
            mine = self._value(field, self.mine)
            theirs = self._value(field, self.other)
            with self.subTest(model=model, field=name), self.env.cr.savepoint():
                with self.assertRaises(AccessError):
                    Model.create({**values, name: theirs})
                wizard = Model.create({**values, name: mine})
                with self.assertRaises(AccessError):
                    wizard.write({name: theirs})
                with self.assertRaises(AccessError):
                    Model.onchange({**values, name: theirs}, [name], {name: {}})
                context = self._opened_from(field, self.other)
                with self.assertRaises(AccessError):
                    Model.with_context(**context).default_get([name])

    @staticmethod
    def _opened_from(field, found):
        records = found[field.comodel_name]
        return {
            "active_model": records._name,
            "active_ids": records.ids,
            f"default_{field.name}": records.id
            if field.type == "many2one"
            else records.ids,
        }

    def test_lines_of_a_window_neither(self):
        item = self.other["account.move.line"]
        Exclude = self.env["recouvrement.exclude"].with_user(self.me)
        lines = [Command.create({"move_line_id": item.id, "chosen": True})]
        values = {"reason": "Because", **self._selection(self.mine)}
        with self.assertRaises(AccessError):
            Exclude.create({**values, "line_ids": lines})
        with self.assertRaises(AccessError):
            Exclude.onchange({**values, "line_ids": lines}, [], {"line_ids": {}})


@tagged("post_install", "-at_install")
class TestOutside(TwoCompaniesCommon):
    """Whoever has none of our groups can do nothing with our methods."""

    def _open_windows(self):
        """One window of each kind, of somebody who may."""
        for name, field, values in self._links():
            Model = self.env[name].with_user(self.me)
            mine = self._value(Model._fields[field], self.mine)
            Model.create({**values, field: mine})
        self.env["recouvrement.release.ask"].with_user(self.me).create(
            {"res_model": "account.move", "res_ids": "1", "reason": "Because"}
        )

    def _public_methods(self):
        """Methods that our add-ons open to calls from outside, by model."""
        for model in self.env.values():
            core = {
                name
                for cls in set(type(model).mro()[1:]) - set(own_classes(model))
                for name in vars(cls)
            }
            names = {
                name
                for cls in own_classes(model)
                for name, value in vars(cls).items()
                if callable(value) and not name.startswith("_")
            }
            for name in sorted(names - core):
                try:
                    yield model, name, get_public_method(model, name)
                except AccessError:
                    continue

    def _written(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)"
            " FROM pg_stat_xact_user_tables"
        )
        return self.env.cr.fetchone()[0]

    def test_strangers_change_nothing(self):
        employee = new_test_user(
            self.env(su=True), "employee", groups="base.group_user"
        )
        portal = new_test_user(self.env(su=True), "portal", groups="base.group_portal")
        self._open_windows()
        tried = 0
        for model, name, method in self._public_methods():
            records = model.browse()
            if not model._abstract and not getattr(method, "_api_model", False):
                records = model.sudo().search([], limit=1)
            for user in (employee, portal):
                with self.subTest(method=f"{model._name}.{name}", user=user.login):
                    tried += 1
                    self._assert_no_effect(records.with_env(model.env), user, method)
        self.assertGreater(tried, 150)

    def _assert_no_effect(self, records, user, method):
        """Refused, or nothing is written."""
        before = self._written()
        with self.env.cr.savepoint(flush=False) as trial:
            try:
                method(records.with_user(user))
            except Exception:  # noqa: BLE001 - whatever stops it, nothing is kept
                return
            else:
                self.assertEqual(self._written(), before)
            finally:
                self.env.invalidate_all(flush=False)
                self.env.cr.precommit.clear()
                trial.rollback()
