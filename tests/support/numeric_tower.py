"""The type checker of the tests: beartype, for which a whole number is a float, as it is for PEP 484 and every static checker."""

from beartype import BeartypeConf, beartype

check_types = beartype(conf=BeartypeConf(is_pep484_tower=True))
