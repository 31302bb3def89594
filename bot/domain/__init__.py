"""
Judgement, pure: values and now go in, values with reasons come out.
"""
