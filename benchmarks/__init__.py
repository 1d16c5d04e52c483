"""What measures the add-on, beside Odoo without it and beside its peers."""
