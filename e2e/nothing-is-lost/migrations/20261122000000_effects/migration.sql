-- The tables of the two contexts of this scenario. Nothing here is unique but the order: an effect that happens twice must show.
CREATE TABLE effect (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consumer text NOT NULL,
  event_id uuid NOT NULL,
  stream_id text NOT NULL,
  version int NOT NULL,
  rolled_back boolean NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Events that the handler cannot bear, until it is mended.
CREATE TABLE poison (stream_id text, version int, PRIMARY KEY (stream_id, version));
