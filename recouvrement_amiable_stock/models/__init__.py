# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import recouvrement_exposure
from . import stock_picking
from . import stock_move
