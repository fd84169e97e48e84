"""What Aleta computes from what a tenant has now: holdings, performance, series. Pure."""
