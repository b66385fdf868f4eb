-- As in every context's database (migrations/context): the same data with null at a path; '*' goes through a list.
CREATE FUNCTION blanked(data jsonb, path text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF cardinality(path) = 0 THEN
    RETURN 'null';
  ELSIF path[1] = '*' THEN
    IF jsonb_typeof(data) <> 'array' THEN RETURN data; END IF;
    RETURN (SELECT coalesce(jsonb_agg(blanked(item, path[2:]) ORDER BY place), '[]')
            FROM jsonb_array_elements(data) WITH ORDINALITY AS list(item, place));
  ELSIF jsonb_typeof(data) <> 'object' OR NOT data ? path[1] THEN
    RETURN data;
  END IF;
  RETURN jsonb_set(data, path[1:1], blanked(data -> path[1], path[2:]));
END $$;

-- Blanks personal fields of one context's events, those published again for a rebuild included. `personal`: [{ type, path, owner }].
CREATE FUNCTION erase_personal(of_topic text, subjects text[], personal jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  declared record;
BEGIN
  FOR declared IN
    SELECT each ->> 'type' AS type, each ->> 'owner' AS owner, ARRAY(SELECT jsonb_array_elements_text(each -> 'path')) AS path
    FROM jsonb_array_elements(personal) AS each
  LOOP
    UPDATE log SET event = jsonb_set(event, '{data}', blanked(event -> 'data', declared.path))
    WHERE (topic = of_topic OR starts_with(topic, of_topic || '.rebuild.')) AND event ->> 'type' = declared.type AND event ? 'data'
      AND subjects @> ARRAY[
        CASE declared.owner WHEN 'stream' THEN substr(key, strpos(key, '-') + 1) ELSE event -> 'data' ->> declared.owner END];
  END LOOP;
END $$;
