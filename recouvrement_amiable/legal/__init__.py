# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rules of law and calendar, in plain Python: no ORM, no database.

============  ================================================================
parameters    figures of the law, with their dates and articles
rates         reference rates by half-year
interest      late-payment interest: claims in, totals and segments out
indemnity     fixed and complementary indemnity
prescription  last day to claim in court, and what moved it
deadlines     time limits of procedures and letters
terms         longest lawful payment terms
calendar      days on which letters leave
errors        what all of them raise
============  ================================================================
"""
