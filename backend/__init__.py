"""ScaleOps: traffic in, forecasts and capacity out."""
