-- The embedded event bus of one machine: a log per topic and partition, written by the relays only.
CREATE TABLE log_partition (
  topic varchar(200) NOT NULL,
  "partition" smallint NOT NULL,
  next_offset bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, "partition")
);

CREATE TABLE log (
  topic varchar(200) NOT NULL,
  "partition" smallint NOT NULL,
  "offset" bigint NOT NULL,
  key varchar(255) NOT NULL,
  event jsonb NOT NULL,
  appended_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, "partition", "offset")
);
CREATE INDEX log_appended_at ON log (appended_at);

-- Where each consumer group is; a slow or paused group holds up nobody.
CREATE TABLE group_offset (
  consumer_group varchar(100) NOT NULL,
  topic varchar(200) NOT NULL,
  "partition" smallint NOT NULL,
  next_offset bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (consumer_group, topic, "partition")
);
