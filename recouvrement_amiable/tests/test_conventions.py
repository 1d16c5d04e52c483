# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import inspect
import re

from odoo.tests import TransactionCase, tagged

OURS = "recouvrement_amiable"
# Records that are practically never deleted nor merged.
SELDOM_DELETED = ("res_company", "res_currency", "res_users", "res_country")
# Tables of a few rows: nothing is gained by an index.
FEW_ROWS = ("res_company", "recouvrement_scenario", "recouvrement_level")
HIDDEN = re.compile(
    r"""(<field [^>]*invisible=['"](?:True|1)['"][^>]*>)\s*(.*)""",
)


def own_models(env):
    """Models that one of our add-ons brings."""
    return [
        env[name]
        for name, model in env.registry.items()
        if model._original_module.startswith(OURS)
    ]


def own_classes(model):
    """Classes of a model that are written in one of our add-ons."""
    return [
        cls
        for cls in type(model).mro()
        if cls.__module__.startswith(f"odoo.addons.{OURS}")
    ]


def _is_ours(field):
    return (field._module or "").startswith(OURS)


@tagged("post_install", "-at_install")
class TestConventions(TransactionCase):
    """What Odoo's own suites ask of every add-on that is installed."""

    def test_default_get_gives_what_is_asked(self):
        for model in own_models(self.env):
            self.assertEqual(model.default_get([]), {}, model._name)

    def test_overrides_keep_the_names_of_the_parameters(self):
        for model in self.env.values():
            mro = type(model).mro()
            for cls in own_classes(model):
                for name, method in vars(cls).items():
                    if name.startswith("_") or not inspect.isfunction(method):
                        continue
                    for parent in mro[mro.index(cls) + 1 :]:
                        if name in vars(parent) and parent not in own_classes(model):
                            self._assert_same_names(model, parent, method)
                            break

    def _assert_same_names(self, model, parent, method):
        core = vars(parent)[method.__name__]
        expected = list(inspect.signature(core).parameters)
        parameters = inspect.signature(method).parameters
        plain = [
            name
            for name, parameter in parameters.items()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        words = f"{model._name}.{method.__name__} of {method.__module__}"
        self.assertEqual(plain, expected[: len(plain)], words)

    def test_inverse_of_a_list_has_an_index(self):
        for model in own_models(self.env):
            for field in model._fields.values():
                if field.type != "one2many" or not _is_ours(field):
                    continue
                if not field.inverse_name:
                    continue
                lines = self.env[field.comodel_name]
                inverse = lines._fields[field.inverse_name].base_field
                if lines._auto and not lines._transient and inverse.column_type:
                    self.assertIn(
                        inverse.index,
                        (True, "1", "btree", "btree_not_null"),
                        f"{inverse}, inverse of {field}",
                    )

    def test_foreign_keys_have_an_index(self):
        """Without one, each deletion of a core record reads our whole tables."""
        tables = {
            model._table: model
            for model in self.env.values()
            if model._auto and not model._abstract and not model._transient
        }
        self.env.cr.execute(
            """
            SELECT t.relname, a.attname, r.relname
              FROM pg_constraint c
              JOIN pg_class t ON t.oid = c.conrelid
              JOIN pg_class r ON r.oid = c.confrelid
              JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND cardinality(c.conkey) = 1
               AND r.relname != ALL(%s) AND t.relname = ANY(%s)
               AND NOT EXISTS (SELECT FROM pg_index i
                                WHERE i.indrelid = t.oid
                                  AND i.indkey[0] = a.attnum)
            """,
            [list(SELDOM_DELETED), list(set(tables) - set(FEW_ROWS))],
        )
        bare = [
            (table, column, target)
            for table, column, target in self.env.cr.fetchall()
            if _is_ours(tables[table]._fields[column])
        ]
        self.assertEqual(bare, [])

    def test_fields_always_hidden_say_why(self):
        views = self.env["ir.ui.view"].search(
            [
                ("type", "in", ("list", "form")),
                ("model_data_id.module", "=like", f"{OURS}%"),
            ]
        )
        self.assertGreater(len(views), 50)
        for view in views:
            for field, after in HIDDEN.findall(view.arch_db):
                with self.subTest(view=view.xml_id, field=field):
                    self.assertTrue(after.startswith("<!--"))
