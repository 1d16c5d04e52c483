# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import test_delivery_stop
from . import test_order_moves
