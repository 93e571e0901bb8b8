"""Traffic that comes in as it happens: samples in, windows closed by the clock, forecasts out."""
