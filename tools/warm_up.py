"""Executed inside Odoo when a template database was made."""


def warm_up(env):
    """Make the web assets once, in the template.

    A tour's transaction is rolled back with the assets made during it: without this,
    each tour of each run would spend some 15 s on making them again.
    """
    env["ir.qweb"]._pregenerate_assets_bundles()
