"""How a figure looks: charts, tables, pages, numbers in words. Nothing here knows where a figure is from."""
