"""台账: a ledger of people that many hands write and many offices count, in which every number opens to its people."""
