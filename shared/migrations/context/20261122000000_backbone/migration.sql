-- What every context has beside its own tables: its events, what is still to be sent, what it has heard.
CREATE SCHEMA IF NOT EXISTS backbone;

-- One random value per database. Restoring a backup replaces it: what was sent by the lost timeline is then never taken for this one's.
CREATE TABLE backbone.epoch (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch uuid NOT NULL DEFAULT gen_random_uuid(),
  since timestamptz NOT NULL DEFAULT now()
);
INSERT INTO backbone.epoch DEFAULT VALUES;

CREATE TABLE backbone.event_store (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  stream_id varchar(255) NOT NULL,
  stream_type varchar(100) NOT NULL,
  event_type varchar(100) NOT NULL,
  event_data jsonb NOT NULL,
  event_metadata jsonb NOT NULL,
  event_version integer NOT NULL CHECK (event_version > 0),
  occurred_at timestamptz NOT NULL DEFAULT now(),
  position bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
  UNIQUE (stream_id, event_version)
);
CREATE INDEX event_store_stream ON backbone.event_store (stream_id, stream_type);
CREATE INDEX event_store_event_type ON backbone.event_store (event_type);

-- Facts are added and read, never changed.
CREATE FUNCTION backbone.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'backbone.event_store is insert and select only';
END $$;
CREATE TRIGGER event_store_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON backbone.event_store
  FOR EACH STATEMENT EXECUTE FUNCTION backbone.refuse_change();

-- What the relay has still to hand on, in the order of insertion. Per stream that is the order of its versions, because the aggregate's row
-- is locked while it is written. Internal events are here for the nudge to live readers only.
CREATE TABLE backbone.outbox (
  position bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
  shard smallint NOT NULL,
  stream_id varchar(255) NOT NULL,
  event_id uuid NOT NULL,
  published boolean NOT NULL
);
CREATE INDEX outbox_shard ON backbone.outbox (shard, position);
-- A queue: rows live for milliseconds, so dead ones must be taken away early.
ALTER TABLE backbone.outbox SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

-- The last version of each stream whose effect this context has had: this alone makes effects happen once, because streams arrive in order.
CREATE TABLE backbone.consumer_version (
  consumer varchar(100) NOT NULL,
  stream_id varchar(255) NOT NULL,
  epoch uuid NOT NULL,
  last_version integer NOT NULL,
  PRIMARY KEY (consumer, stream_id, epoch)
);

-- Events that could not be handled, with those of their stream that came after; other streams flow on.
CREATE TABLE backbone.parked (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consumer varchar(100) NOT NULL,
  stream_id varchar(255) NOT NULL,
  event_id varchar(100) NOT NULL,
  event jsonb NOT NULL,
  state varchar(20) NOT NULL DEFAULT 'retrying' CHECK (state IN ('retrying', 'parked')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  error text,
  parked_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (consumer, event_id)
);
CREATE INDEX parked_stream ON backbone.parked (consumer, stream_id, id);

-- The first outcome of a request that may come again, kept in the transaction of its effect.
CREATE TABLE backbone.idempotency (
  actor varchar(100) NOT NULL,
  verb varchar(100) NOT NULL,
  key varchar(100) NOT NULL,
  input_hash varchar(64) NOT NULL,
  outcome text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (actor, verb, key)
);
CREATE INDEX idempotency_created_at ON backbone.idempotency (created_at);
