-- Whose personal data was erased here. What is appended later about them is refused (event-store.ts), so that a verb or a job that was under way
-- brings nothing back.
CREATE TABLE backbone.erased (
  subject varchar(255) PRIMARY KEY,
  erased_at timestamptz NOT NULL DEFAULT now()
);

-- The same data with null at a path; '*' goes through a list. A path that is not there changes nothing: earlier versions had other fields.
CREATE FUNCTION backbone.blanked(data jsonb, path text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
BEGIN
  IF cardinality(path) = 0 THEN
    RETURN 'null';
  ELSIF path[1] = '*' THEN
    IF jsonb_typeof(data) <> 'array' THEN RETURN data; END IF;
    RETURN (SELECT coalesce(jsonb_agg(backbone.blanked(item, path[2:]) ORDER BY place), '[]')
            FROM jsonb_array_elements(data) WITH ORDINALITY AS list(item, place));
  ELSIF jsonb_typeof(data) <> 'object' OR NOT data ? path[1] THEN
    RETURN data;
  END IF;
  RETURN jsonb_set(data, path[1:1], backbone.blanked(data -> path[1], path[2:]));
END $$;

-- The one way in which a stored event changes: its personal fields become null. `personal` is what event definitions declare, as
-- [{ type, path, owner }]; owner names the field that says whose they are, or is 'stream'. Parked events of other contexts are blanked likewise. Returns
-- the streams of this context with personal events of these people. Whoever runs services as another role than the owner of the tables grants
-- them INSERT and SELECT on event_store, and this function.
CREATE FUNCTION backbone.erase_personal(subjects text[], personal jsonb) RETURNS SETOF varchar LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog AS $$
DECLARE
  declared record;
BEGIN
  -- Not as a SET of the function: only a superuser may make one with a name of ours.
  PERFORM set_config('backbone.erasing', 'on', true);
  FOR declared IN
    SELECT each ->> 'type' AS type, each ->> 'owner' AS owner, ARRAY(SELECT jsonb_array_elements_text(each -> 'path')) AS path
    FROM jsonb_array_elements(personal) AS each
  LOOP
    UPDATE backbone.parked p SET event = jsonb_set(p.event, '{data}', backbone.blanked(p.event -> 'data', declared.path))
    WHERE p.event ->> 'type' = declared.type AND p.event ? 'data' AND subjects @> ARRAY[
      CASE declared.owner WHEN 'stream' THEN substr(p.stream_id, strpos(p.stream_id, '-') + 1) ELSE p.event -> 'data' ->> declared.owner END];
    RETURN QUERY
      UPDATE backbone.event_store e SET event_data = backbone.blanked(e.event_data, declared.path)
      WHERE e.event_type = declared.type AND subjects @> ARRAY[
        CASE declared.owner WHEN 'stream' THEN substr(e.stream_id, strpos(e.stream_id, '-') + 1) ELSE e.event_data ->> declared.owner END]
      RETURNING e.stream_id;
  END LOOP;
  PERFORM set_config('backbone.erasing', 'off', true);
END $$;
REVOKE ALL ON FUNCTION backbone.erase_personal(text[], jsonb) FROM PUBLIC;

-- As before, with that one exception. It keeps a slip from changing history; against the owner of the tables nothing in a database helps.
DROP TRIGGER event_store_is_immutable ON backbone.event_store;
CREATE OR REPLACE FUNCTION backbone.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_ARGV[0] = 'unless erasing' AND current_setting('backbone.erasing', true) = 'on' THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'backbone.event_store is insert and select only';
END $$;
CREATE TRIGGER event_store_is_immutable
  BEFORE DELETE OR TRUNCATE OR UPDATE OF id, stream_id, stream_type, event_type, event_metadata, event_version, occurred_at, position ON backbone.event_store
  FOR EACH STATEMENT EXECUTE FUNCTION backbone.refuse_change();
CREATE TRIGGER event_data_is_immutable BEFORE UPDATE OF event_data ON backbone.event_store
  FOR EACH STATEMENT EXECUTE FUNCTION backbone.refuse_change('unless erasing');
