"""The demo: three companies with their machines, agents and a hub on this computer, watched or compared.

`floor` says what stands where, `children` starts and ends processes, `hub` asks the hub over HTTP, `verdict` sets
the hub's answers beside the truth, `story` is the order in which it all happens.
"""
