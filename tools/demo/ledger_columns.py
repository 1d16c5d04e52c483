"""What each row of a history differs in from the row that Odoo made as a pattern.

``{column: SQL}``, where ``h`` is the line of the history and ``p`` the pattern. Amounts
are signed: negative for a credit note.
"""

# Odoo orders the lines of a bank journal backwards from that
_LAST_SEQUENCE = 2_147_483_647


def _balance(amount):
    """The columns that repeat the balance of a line."""
    return {
        "balance": amount,
        "amount_currency": amount,
        "debit": f"greatest({amount}, 0)",
        "credit": f"greatest(-({amount}), 0)",
    }


def _residual(amount):
    return {"amount_residual": amount, "amount_residual_currency": amount}


INVOICE = {
    "id": "h.move_id",
    "name": "h.number",
    "sequence_prefix": "h.number",
    "sequence_number": "0",
    "made_sequence_gap": "false",
    "payment_reference": "CASE WHEN h.amount > 0 THEN h.number END",
    "payment_state": "CASE WHEN h.blocked THEN 'blocked' ELSE p.payment_state END",
    "date": "h.date",
    "invoice_date": "h.date",
    "invoice_date_due": "h.due",
    "partner_id": "h.partner_id",
    "commercial_partner_id": "h.partner_id",
    "partner_shipping_id": "h.partner_id",
    "invoice_partner_display_name": "h.customer",
    "amount_untaxed": "abs(h.net)",
    "amount_tax": "abs(h.amount - h.net)",
    "amount_total": "abs(h.amount)",
    "amount_residual": "abs(h.amount)",
    "amount_untaxed_signed": "h.net",
    "amount_untaxed_in_currency_signed": "h.net",
    "amount_tax_signed": "h.amount - h.net",
    "amount_total_signed": "h.amount",
    "amount_total_in_currency_signed": "h.amount",
    "amount_residual_signed": "h.amount",
}
ANY_LINE = {
    "move_id": "h.move_id",
    "move_name": "h.number",
    "partner_id": "h.partner_id",
    "date": "h.date",
    "invoice_date": "h.date",
}

PRODUCT_LINE = {
    "id": "h.product_line",
    "price_unit": "abs(h.amount)",
    # the line alone is rounded on its own: half a cent may be on both sides
    "price_subtotal": "abs(h.line_net)",
    "price_total": "abs(h.line_net + h.amount - h.net)",
    **_balance("-h.net"),
}
TAX_LINE = {
    "id": "h.tax_line",
    "tax_base_amount": "-h.net",
    **_balance("h.net - h.amount"),
}
TERM_LINE = {
    "id": "h.term_line",
    "name": "h.number",
    "date_maturity": "h.due",
    **_balance("h.amount"),
    **_residual("h.amount"),
}
_PAYMENT_PREFIX = (
    "regexp_replace(p.name, '[^/]*/[^/]*$', '') || date_part('year', h.paid) || '/'"
)
PAYMENT = {
    "id": "h.payment_id",
    "name": f"{_PAYMENT_PREFIX} || to_char(h.n, 'FM0000000')",
    "sequence_prefix": _PAYMENT_PREFIX,
    "sequence_number": "h.n",
    "date": "h.paid",
    "invoice_date_due": "h.paid",
    "partner_id": "h.partner_id",
    "commercial_partner_id": "h.partner_id",
    "invoice_partner_display_name": "h.customer",
    "amount_total": "abs(h.amount)",
    "amount_total_signed": "abs(h.amount)",
    "amount_total_in_currency_signed": "abs(h.amount)",
    # the two rows name each other: the line comes second
    "statement_line_id": "NULL",
}
STATEMENT = {
    "id": "h.statement_id",
    "move_id": "h.payment_id",
    "partner_id": "h.partner_id",
    "payment_ref": "h.number",
    "amount": "h.amount",
    "internal_index": "to_char(h.paid, 'YYYYMMDD')"
    f" || ({_LAST_SEQUENCE} - p.sequence) || lpad(h.statement_id::text, 10, '0')",
}
ANY_PAYMENT_LINE = {
    "move_id": "h.payment_id",
    "move_name": "(SELECT name FROM account_move WHERE id = h.payment_id)",
    "statement_line_id": "h.statement_id",
    "partner_id": "h.partner_id",
    "name": "h.number",
    "date": "h.paid",
}
BANK_LINE = {
    "id": "h.bank_line",
    "price_subtotal": "h.amount",
    "price_total": "h.amount",
    **_balance("h.amount"),
    **_residual("h.amount"),
}
PAID_LINE = {
    "id": "h.paid_line",
    "price_subtotal": "-h.amount",
    "price_total": "-h.amount",
    "reconciled": "true",
    "full_reconcile_id": "h.full_id",
    "matching_number": "h.full_id::text",
    **_balance("-h.amount"),
    **_residual("0"),
}
PARTIAL = {
    "id": "h.partial_id",
    "debit_move_id": "CASE WHEN h.amount > 0 THEN h.term_line ELSE h.paid_line END",
    "credit_move_id": "CASE WHEN h.amount > 0 THEN h.paid_line ELSE h.term_line END",
    "full_reconcile_id": "h.full_id",
    "max_date": "h.paid",
    "amount": "abs(h.amount)",
    "debit_amount_currency": "abs(h.amount)",
    "credit_amount_currency": "abs(h.amount)",
}
