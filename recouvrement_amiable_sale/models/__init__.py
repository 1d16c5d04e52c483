# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import account_move
from . import payment_transaction
from . import recouvrement_exposure
from . import sale_order
from . import sale_order_finished
from . import sale_order_line
