"""A server for exported models on TF Serving's contract: REST and gRPC, batching, limits, metrics.

It needs the extra `serving`: `pip install 'tfgmmgan[serving]'`.
"""
