# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import test_situation
from . import test_run
from . import test_email
from . import test_analytics
from . import test_history
from . import test_legal_rates
from . import test_legal_interest
from . import test_legal_indemnity
from . import test_legal_deadlines
from . import test_legal_prescription
from . import test_score
from . import test_limit
from . import test_stop
from . import test_guarantee
from . import test_screens
from . import test_letters
from . import test_tours
