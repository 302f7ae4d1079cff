-- no-transaction
-- What a deploy did is decided once, whoever decides it and however often.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS fact_proof ON fact (container_id) WHERE kind = 'proof';
