"""The shop-floor terminal: a small local site that people at the machines tap on; it needs the agent, not the hub.

deeds.py what a tap says · floor.py what is known of the work · forms.py what was typed · desk.py stores a tap once
worklist_copy.py the hub's list, kept · access.py who may · pages.py, views.py, words.py, serving.py what people see
"""
