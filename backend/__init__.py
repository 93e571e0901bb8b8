"""ScaleOps: traffic in, forecasts and capacity out. The order of the work is written in pipeline.py."""
