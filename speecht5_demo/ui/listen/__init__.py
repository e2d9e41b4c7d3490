"""The blind listening test at /listen.

`build` lays the page out; `http` is what the page talks to, and needs neither Gradio nor a model.
"""
