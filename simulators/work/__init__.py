"""A made-up group of three companies at work for one day: people, orders, nests, material, measurements, mistakes.

`group` says who and what there is, `plan` what is ordered, `floor` how the day goes, `gauging` and `material` what is
measured and what it is made of, `telling` what machines and people say of it, `truth` what a hub should answer; the
whole is pure and seeded. `feed` gives it to a hub over its public API, `judging` sets the hub's answers beside the
truth. Moments are milliseconds since the beginning of the day, durations seconds.
"""
