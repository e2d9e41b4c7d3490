"""The pages: Compare, Listen and Results. The only package that imports gradio."""

from speecht5_demo.ui.gradio_stubs import leave_out_stubs

leave_out_stubs()
