"""The pages: Compare, Listen and Results. The only package that imports gradio."""
