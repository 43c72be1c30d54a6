"""The tests. A busy machine is no bug: properties have no deadline, and a modest number of examples."""

from hypothesis import settings

settings.register_profile("suite", deadline=None, max_examples=60)
settings.load_profile("suite")
