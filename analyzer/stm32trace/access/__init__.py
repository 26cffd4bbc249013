"""Wire columns to access columns: the twins of the core's ADIv5 machines that take packets by the thousand.

A twin works on what is regular, and leaves every packet that is not to the machine it doubles: between the two the
machine's own attributes hold what is known, so there is one truth. Tests hold each twin to its machine, record for
record.
"""
