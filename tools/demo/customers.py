"""Customers for a history, which only gives their names.

Their addresses are made up so that every channel can reach them: a street of a real
French town, a telephone number from a range that is never attributed, an address for
e-mails under a domain that cannot exist. The same name always gets the same ones.
"""

import re
import unicodedata
import zlib

STREETS = (
    "rue de la République",
    "avenue Jean-Jaurès",
    "rue Victor-Hugo",
    "place du Marché",
    "boulevard Gambetta",
    "rue des Tanneurs",
    "chemin des Vignes",
    "rue Pasteur",
    "quai de la Fosse",
    "zone artisanale des Peupliers",
    "allée des Chênes",
    "rue du Général-Leclerc",
)
TOWNS = (
    ("69003", "Lyon"),
    ("44000", "Nantes"),
    ("59000", "Lille"),
    ("33000", "Bordeaux"),
    ("67000", "Strasbourg"),
    ("35000", "Rennes"),
    ("31000", "Toulouse"),
    ("21000", "Dijon"),
    ("37000", "Tours"),
    ("63000", "Clermont-Ferrand"),
    ("76000", "Rouen"),
    ("34000", "Montpellier"),
    ("25000", "Besançon"),
    ("29200", "Brest"),
    ("74000", "Annecy"),
)


def create_customers(env, names):
    """``{name: res.partner}``, companies that can be reached on every channel."""
    names = list(dict.fromkeys(names))
    france = env.ref("base.fr")
    language = env.ref("base.main_company").partner_id.lang
    partners = (
        env["res.partner"]
        .with_context(tracking_disable=True)
        .create(
            [
                {
                    "name": name,
                    "is_company": True,
                    "customer_rank": 1,
                    "country_id": france.id,
                    "lang": language,
                    **contact(name),
                }
                for name in names
            ]
        )
    )
    return dict(zip(names, partners, strict=True))


def contact(name):
    """Address, telephone and e-mail of a customer.

    >>> contact("Dupond & Fils")["email"]
    'compta@dupond-fils.example'
    """
    draw = zlib.crc32(name.encode())
    postcode, town = TOWNS[draw % len(TOWNS)]
    street = STREETS[draw // 16 % len(STREETS)]
    return {
        "street": f"{1 + draw // 256 % 98} {street}",
        "zip": postcode,
        "city": town,
        "phone": "+33 1 99 00 %02d %02d" % divmod(draw // 7 % 10_000, 100),
        "email": f"compta@{_domain(name, draw)}.example",
    }


def _domain(name, draw):
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")
    return words[:40].strip("-") or f"client-{draw:08x}"
