# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import base_partner_merge
from . import recouvrement_selection
from . import recouvrement_relance_now
from . import recouvrement_pause
from . import recouvrement_exclude
from . import recouvrement_call_result
from . import recouvrement_decision
from . import recouvrement_refuse
from . import recouvrement_class_choice
from . import recouvrement_dry_run
from . import recouvrement_release_ask
from . import recouvrement_go_live
from . import recouvrement_claim_statement
from . import recouvrement_claim_line
from . import recouvrement_run_preview
