-- When the first event of this epoch that the consumer saw had happened: it says which of two epochs of a stream is the later one. A late
-- event of an earlier epoch belongs to the timeline that a restore has undone. Rows from before this column are the earliest.
ALTER TABLE backbone.consumer_version
  ADD COLUMN epoch_began timestamptz NOT NULL DEFAULT '-infinity',
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE backbone.consumer_version ALTER COLUMN epoch_began DROP DEFAULT;

-- The read models that this context builds from events and can build again. Written by the service when it starts, for operators to see.
CREATE TABLE backbone.projection (
  name varchar(100) PRIMARY KEY,
  -- Contexts that own its events: each of them has to publish again what it has stored.
  sources text[] NOT NULL,
  event_types text[] NOT NULL,
  tables text[] NOT NULL
);

-- One building of a projection anew, while the old one serves.
CREATE TABLE backbone.rebuild (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  projection varchar(100) NOT NULL,
  state varchar(20) NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'building', 'done', 'failed')),
  -- What each source says it has published: { source: { streams, versions } }.
  published jsonb NOT NULL DEFAULT '{}',
  error text,
  requested_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz
);
CREATE UNIQUE INDEX rebuild_under_way ON backbone.rebuild (projection) WHERE finished_at IS NULL;

-- What this context is to publish again from its event_store, for one rebuild of another's projection.
CREATE TABLE backbone.replay (
  rebuild uuid PRIMARY KEY,
  event_types text[] NOT NULL,
  -- The last event that the bus has taken, and the sums of all until then: a replay that is interrupted goes on from there.
  reached_stream varchar(255) NOT NULL DEFAULT '',
  reached_version integer NOT NULL DEFAULT 0,
  reached_epoch varchar(36) NOT NULL DEFAULT '',
  streams bigint NOT NULL DEFAULT 0,
  versions bigint NOT NULL DEFAULT 0,
  requested_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);

-- What operators did by hand, for ever.
CREATE TABLE backbone.operation_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  operator varchar(100) NOT NULL,
  action varchar(50) NOT NULL,
  target varchar(400) NOT NULL,
  why text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX operation_log_at ON backbone.operation_log (at);
