"""Response models: what each route of the API answers. Nothing here imports the web framework."""
